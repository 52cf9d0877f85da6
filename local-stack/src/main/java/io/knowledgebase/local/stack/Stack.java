package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.ChildProcess;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/** PostgreSQL, Kafka and the services together. */
final class Stack {

    private final Home home;
    private final Terminal terminal;
    private final List<ServiceProcess> services;
    private volatile String lastDown = "";

    Stack(Home home, Terminal terminal) {
        this(
                home,
                terminal,
                Arrays.stream(Service.values())
                        .map(service -> new ServiceProcess(home, service))
                        .toList());
    }

    /** With these services alone. */
    Stack(Home home, Terminal terminal, List<ServiceProcess> services) {
        this.home = home;
        this.terminal = terminal;
        this.services = services;
    }

    List<ServiceProcess> services() {
        return services;
    }

    /** Starts what does not run; true if anything had to be started. The first time also replaces what is outdated. */
    boolean start() {
        prepareFolder();
        try (FileChannel channel = openLock()) {
            if (channel.tryLock() == null) {
                throw CommandFailedException.of(
                        "another kb up or kb down is at work on this installation",
                        "wait for it, or set KB_HOME to another folder");
            }
            boolean first = lastDown.isEmpty();
            if (first) {
                lastDown = Files.exists(downFile()) ? Files.readString(downFile()) : writeDown();
            }
            return startLocked(first);
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    /** True once a {@link #down} has come after the first {@link #start}. */
    boolean isDown() {
        try {
            return !lastDown.isEmpty()
                    && !(Files.exists(downFile())
                            && Files.readString(downFile()).equals(lastDown));
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    private String writeDown() throws IOException {
        String down = UUID.randomUUID().toString();
        Files.writeString(downFile(), down);
        return down;
    }

    /** Another text at each {@link #down}, so that every kb up from before it knows. */
    private Path downFile() {
        return home.run().resolve("down");
    }

    private FileChannel openLock() throws IOException {
        return FileChannel.open(home.run().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private CommandFailedException notWritable(IOException cause) {
        return CommandFailedException.of(
                home.run() + " cannot be written: " + cause.getMessage(),
                "set KB_HOME to a folder of your own",
                null,
                cause);
    }

    private boolean startLocked(boolean replace) {
        AtomicBoolean started = new AtomicBoolean();
        // Admin and JDBC clients load hundreds of classes each: side by side they hide each other's time.
        CompletableFuture<Void> database = CompletableFuture.runAsync(() -> {
            if (home.ownsPostgres()) {
                note(started, startPostgres(replace));
            }
            timed("schema", () -> new Migration(home).migrateDatabase(), "up to date");
        });
        CompletableFuture<Void> events = CompletableFuture.runAsync(() -> {
            if (home.ownsKafka()) {
                note(started, startKafka(replace));
            }
            timed("topics", () -> new Migration(home).createTopics(), "present");
        });
        List<CompletableFuture<Void>> all = new ArrayList<>();
        all.add(CompletableFuture.allOf(database, events).thenRun(home::rememberPorts));
        services.forEach(service -> all.add(
                needs(service, database, events).thenRunAsync(() -> note(started, startService(service, replace)))));
        // Also when one fails, so that what another is just starting is not left behind half started.
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        return started.get();
    }

    private static void note(AtomicBoolean any, boolean now) {
        if (now) {
            any.set(true);
        }
    }

    /** Topics must be there before a consumer looks for them: it would look again only minutes later. */
    private static CompletableFuture<Void> needs(
            ServiceProcess process, CompletableFuture<Void> database, CompletableFuture<Void> events) {
        return process.service() == Service.SEARCH ? database : CompletableFuture.allOf(database, events);
    }

    private boolean startPostgres(boolean replace) {
        PostgresCluster cluster = home.postgres();
        if (replace && cluster.isRunning() && cluster.port() != home.postgresPort()) {
            terminal.begun("PostgreSQL moves to port " + home.postgresPort());
            cluster.stop();
        }
        boolean running = cluster.isRunning();
        if (!running) {
            if (!PostgresCluster.canLieIn(home.folder())) {
                throw CommandFailedException.of(
                        "PostgreSQL runs as the user postgres, who cannot enter " + home.folder(),
                        "set KB_HOME to a folder that every user may enter, for example /var/lib/kb");
            }
            requireFree(cluster.port(), "KB_POSTGRES_PORT");
            requireNotDown();
            Logs.rotate(cluster.log());
        }
        timed("PostgreSQL", cluster::start, (running ? "runs" : "started") + " on port " + cluster.port());
        cluster.ensureDatabase(home.databaseName());
        return !running;
    }

    private boolean startKafka(boolean replace) {
        KafkaBroker broker = home.kafka();
        if (replace && broker.isRunning() && broker.isOutdated()) {
            terminal.begun("Kafka moves to port " + home.kafkaPort());
            broker.stop();
        }
        boolean running = broker.isRunning();
        if (!running) {
            requireFree(home.kafkaPort(), "KB_KAFKA_PORT");
            requireFree(home.kafkaControllerPort(), "KB_KAFKA_CONTROLLER_PORT");
            requireNotDown();
            Logs.rotate(broker.log());
        }
        timed("Kafka", broker::start, (running ? "runs" : "started") + " on port " + broker.port());
        return !running;
    }

    private boolean startService(ServiceProcess process, boolean replace) {
        boolean running = process.process().isPresent();
        if (replace && running && process.isOutdated()) {
            terminal.begun(process.service().id() + " has a new jar or new settings, starting it again");
            process.stop();
            running = false;
        }
        if (!running) {
            requireNotDown();
            process.start();
        }
        timed(
                process.service().id(),
                process::awaitReady,
                (running ? "runs" : "started") + " on port " + home.port(process.service()));
        return !running;
    }

    /** What does not run. */
    List<String> ended() {
        List<String> ended = new ArrayList<>();
        if (home.ownsPostgres() && !home.postgres().isRunning()) {
            ended.add("PostgreSQL");
        }
        if (home.ownsKafka() && !home.kafka().isRunning()) {
            ended.add("Kafka");
        }
        services.stream()
                .filter(service -> service.process().isEmpty())
                .forEach(service -> ended.add(service.service().id()));
        return ended;
    }

    /**
     * Stops what runs and makes each kb up that starts or watches it end; true if anything ran.
     *
     * @param lastly is done before another kb up may begin
     */
    boolean down(Runnable lastly) {
        if (!Files.isDirectory(home.run())) {
            boolean ran = stop(any -> true);
            lastly.run();
            return ran;
        }
        try (FileChannel channel = openLock()) {
            writeDown();
            boolean ran = stop(any -> true);
            if (channel.tryLock() == null) {
                terminal.begun("waiting for the kb up that was starting it");
                channel.lock();
            }
            ran |= stop(any -> true); // what that had just launched
            lastly.run();
            return ran;
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    /** As {@link #down}, for a kb up that ends: it may be starting something again and hold the lock itself. */
    void downAtEnd() {
        try {
            writeDown();
            stop(any -> true);
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    /** Stops the processes of these, services first; true if any ran. */
    boolean stop(Predicate<ChildProcess> which) {
        List<ServiceProcess> running = services.stream()
                .filter(service -> service.process().filter(which).isPresent())
                .toList();
        CompletableFuture.allOf(running.stream()
                        .map(service -> CompletableFuture.runAsync(() -> {
                            service.stop();
                            terminal.done(service.service().id() + " stopped");
                        }))
                        .toArray(CompletableFuture[]::new))
                .join();
        boolean kafkaRan = home.kafka().process().filter(which).isPresent();
        if (kafkaRan) {
            home.kafka().stop();
            terminal.done("Kafka stopped");
        }
        boolean postgresRan = home.postgres().process().filter(which).isPresent();
        if (postgresRan) {
            home.postgres().stop();
            terminal.done("PostgreSQL stopped");
        }
        return kafkaRan || postgresRan || !running.isEmpty();
    }

    private void timed(String what, Runnable work, String outcome) {
        Instant begun = Instant.now();
        work.run();
        terminal.done(String.format(
                Locale.ROOT,
                "%-15s %s (%.1f s)",
                what,
                outcome,
                Duration.between(begun, Instant.now()).toMillis() / 1000.0));
    }

    private void requireNotDown() {
        if (isDown()) {
            throw CommandFailedException.of("kb down or kb reset came while it was starting", "repeat ./kb up");
        }
    }

    private static void requireFree(int port, String setting) {
        if (!Ports.isFree(port)) {
            throw ServiceProcess.portTaken(port, setting);
        }
    }

    private void prepareFolder() {
        try {
            home.claim();
            for (Path folder : List.of(home.run(), home.logs())) {
                if (!Files.isDirectory(folder)) {
                    Files.createDirectories(folder);
                    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        } catch (IOException e) {
            throw CommandFailedException.of(
                    home.folder() + " cannot be created: " + e.getMessage(),
                    "set KB_HOME to a folder of your own",
                    null,
                    e);
        }
    }
}
