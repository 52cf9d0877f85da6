package io.knowledgebase.local.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A private Kafka broker (KRaft, broker and controller in one) in a folder of its own, on the loopback address only. It
 * runs from jars that the build puts beside this module's, so no class path but its own knows them.
 */
public final class KafkaBroker implements AutoCloseable {

    /** System property that names the folder of the broker's jars, where they do not lie beside this module's. */
    public static final String LIBRARIES = "kb.kafka.libraries";

    private static final Duration FORMAT_PATIENCE = Duration.ofSeconds(60);
    private static final Duration START_PATIENCE = Duration.ofSeconds(90);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);

    private static @Nullable KafkaBroker forTests;

    private final Path folder;
    private final Path log;
    private final int port;
    private final int controllerPort;
    private final Lifetime lifetime;

    private KafkaBroker(Path folder, Path log, int port, int controllerPort, Lifetime lifetime) {
        this.folder = folder.toAbsolutePath().normalize();
        this.log = log;
        this.port = port;
        this.controllerPort = controllerPort;
        this.lifetime = lifetime;
    }

    /** The broker that all tests of this JVM share: started at the first call, gone with the JVM. */
    public static synchronized KafkaBroker forTests() {
        if (forTests == null) {
            KafkaBroker broker = inTestFolder();
            Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "stop-kafka"));
            broker.start();
            forTests = broker;
        }
        return forTests;
    }

    /** A broker that a test has for itself, not yet started; closing it deletes it. */
    public static KafkaBroker inTestFolder() {
        Path folder = TestFolder.create("kafka");
        return new KafkaBroker(folder, folder.resolve("kafka.log"), Ports.free(), Ports.free(), Lifetime.OF_PARENT);
    }

    /** A broker that outlives this JVM; what runs there already is found again. */
    public static KafkaBroker detached(Path folder, Path log, int port, int controllerPort) {
        return new KafkaBroker(folder, log, port, controllerPort, Lifetime.DETACHED);
    }

    /** Starts the broker and waits until it answers; nothing to do if it does already. */
    public KafkaBroker start() {
        Optional<ChildProcess> running = process();
        if (running.isPresent()) {
            awaitReady(running.get());
            return this;
        }
        try {
            Files.createDirectories(folder);
            Files.createDirectories(log.toAbsolutePath().getParent());
            Files.writeString(configuration(), settings());
            Files.writeString(folder.resolve("log4j2.properties"), LOGGING);
            if (!Files.exists(data().resolve("meta.properties"))) {
                format();
            }
        } catch (IOException e) {
            throw new ServerFailedException("Kafka's folder " + folder + " cannot be prepared", log, e);
        }
        List<String> command =
                new ArrayList<>(java("-Xmx" + (lifetime == Lifetime.OF_PARENT ? 384 : 512) + "m", "kafka.Kafka"));
        if (lifetime == Lifetime.DETACHED) {
            command.addAll(1, sharedClasses());
        }
        command.add(configuration().toString());
        awaitReady(ChildProcess.start(command, folder, Map.of(), log, lifetime, null, pidFile()));
        return this;
    }

    /** Ends the broker cleanly. */
    public void stop() {
        process().ifPresent(process -> process.stop(STOP_PATIENCE));
    }

    /** Ends the broker with SIGKILL, as a crash would. */
    public void kill() {
        process().ifPresent(ChildProcess::kill);
    }

    /** Stops and starts on the same port. */
    public void restart() {
        stop();
        start();
    }

    /** In a test folder: ends the broker and deletes its data. Otherwise as {@link #stop()}. */
    @Override
    public void close() {
        if (lifetime == Lifetime.OF_PARENT) {
            kill();
            TestFolder.delete(folder);
        } else {
            stop();
        }
    }

    public boolean isRunning() {
        return process().isPresent();
    }

    /** True if the broker was started with other settings, for example on another port. */
    public boolean isOutdated() {
        try {
            return Files.exists(configuration())
                    && !Files.readString(configuration()).equals(settings());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The broker's process, if it runs. */
    public Optional<ChildProcess> process() {
        return ChildProcess.recall(pidFile());
    }

    public int port() {
        return port;
    }

    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    public Path log() {
        return log;
    }

    private void format() {
        List<String> command = new ArrayList<>(java("-Xmx128m", "kafka.tools.StorageTool"));
        command.addAll(List.of(
                "format",
                "--ignore-formatted",
                "--cluster-id",
                Uuid.randomUuid().toString(),
                "--config",
                configuration().toString()));
        if (!ChildProcess.run(command, folder, log, FORMAT_PATIENCE, null)) {
            throw new ServerFailedException("Kafka's storage cannot be formatted", log, null);
        }
    }

    private List<String> java(String heap, String main) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // on one machine the cores are for embedding, not for the broker's compiler
                "-XX:+ExitOnOutOfMemoryError",
                "-Xshare:auto",
                "-Dlog4j2.configurationFile=" + folder.resolve("log4j2.properties"),
                "-cp",
                libraries() + "/*",
                main);
    }

    /** The first run leaves an archive of its classes behind, from which later ones start in half the time. */
    private List<String> sharedClasses() {
        Path archive = folder.resolve("kafka.jsa");
        return List.of(
                (Files.exists(archive) ? "-XX:SharedArchiveFile=" : "-XX:ArchiveClassesAtExit=") + archive,
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off");
    }

    private static Path libraries() {
        String configured = System.getProperty(LIBRARIES);
        try {
            Path beside = Path.of(KafkaBroker.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .resolveSibling("broker");
            Path libraries = configured == null ? beside : Path.of(configured);
            if (!Files.isDirectory(libraries)) {
                throw new ServerFailedException(
                        "Kafka's jars are not in " + libraries + "; build the module local-servers", null, null);
            }
            return libraries;
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path configuration() {
        return folder.resolve("server.properties");
    }

    private Path pidFile() {
        return folder.resolve("kafka.pid");
    }

    /**
     * Kafka reads the file as ISO 8859-1, so the data's folder, which may have any name, is given by its place beside it.
     * After a crash the broker waits for its own last session to time out, so that is shorter than Kafka's 9 s.
     */
    private String settings() {
        return """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                controller.listener.names=CONTROLLER
                log.dirs=data
                broker.heartbeat.interval.ms=1000
                broker.session.timeout.ms=4000
                auto.create.topics.enable=false
                group.initial.rebalance.delay.ms=0
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=8
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=8
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                log.cleaner.dedupe.buffer.size=33554432
                log.segment.bytes=134217728
                """.formatted(port, controllerPort);
    }

    private static final String LOGGING = """
            appender.console.type = Console
            appender.console.name = console
            appender.console.layout.type = PatternLayout
            appender.console.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n
            rootLogger.level = INFO
            rootLogger.appenderRef.console.ref = console
            """;

    private void awaitReady(ChildProcess process) {
        ChildProcess.awaitUntil(() -> !process.isAlive() || Ports.isOpen(port), START_PATIENCE);
        if (!process.isAlive()) {
            throw new ServerFailedException("Kafka ended while it was starting on port " + port, log, null);
        }
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers()))) {
            admin.describeCluster().nodes().get(START_PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new ServerFailedException("Kafka does not answer on port " + port, log, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerFailedException("interrupted while Kafka was starting", log, e);
        }
    }
}
