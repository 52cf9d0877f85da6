package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** PostgreSQL, Kafka and the services together. */
final class Stack {

    private final Home home;
    private final Terminal terminal;
    private final List<ServiceProcess> services;

    Stack(Home home, Terminal terminal) {
        this.home = home;
        this.terminal = terminal;
        this.services = Arrays.stream(Service.values())
                .map(service -> new ServiceProcess(home, service))
                .toList();
    }

    List<ServiceProcess> services() {
        return services;
    }

    /** Starts what does not run; true if anything had to be started. */
    boolean start() {
        prepareFolder();
        try (FileChannel channel = FileChannel.open(
                        home.run().resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                throw CommandFailedException.of(
                        "another kb up is starting this installation", "wait for it, or set KB_HOME to another folder");
            }
            return startLocked();
        } catch (IOException e) {
            throw CommandFailedException.of(
                    home.run() + " cannot be written: " + e.getMessage(),
                    "set KB_HOME to a folder of your own",
                    null,
                    e);
        }
    }

    private boolean startLocked() {
        AtomicBoolean started = new AtomicBoolean();
        // Admin and JDBC clients load hundreds of classes each: side by side they hide each other's time.
        CompletableFuture<Void> database = CompletableFuture.runAsync(() -> {
            if (home.ownsPostgres()) {
                note(started, startPostgres());
            }
            timed("schema", () -> new Migration(home).migrateDatabase(), "up to date");
        });
        CompletableFuture<Void> events = CompletableFuture.runAsync(() -> {
            if (home.ownsKafka()) {
                note(started, startKafka());
            }
            timed("topics", () -> new Migration(home).createTopics(), "present");
        });
        List<CompletableFuture<Void>> starting = services.stream()
                .map(service ->
                        needs(service, database, events).thenRunAsync(() -> note(started, startService(service))))
                .toList();
        CompletableFuture.allOf(database, events).join();
        home.rememberPorts();
        CompletableFuture.allOf(starting.toArray(CompletableFuture[]::new)).join();
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

    private boolean startPostgres() {
        PostgresCluster cluster = home.postgres();
        if (cluster.isRunning() && cluster.port() != home.postgresPort()) {
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
            Logs.rotate(cluster.log());
        }
        timed("PostgreSQL", cluster::start, (running ? "runs" : "started") + " on port " + cluster.port());
        cluster.ensureDatabase(home.databaseName());
        return !running;
    }

    private boolean startKafka() {
        KafkaBroker broker = home.kafka();
        if (broker.isRunning() && broker.isOutdated()) {
            terminal.begun("Kafka moves to port " + home.kafkaPort());
            broker.stop();
        }
        boolean running = broker.isRunning();
        if (!running) {
            requireFree(home.kafkaPort(), "KB_KAFKA_PORT");
            requireFree(home.kafkaControllerPort(), "KB_KAFKA_CONTROLLER_PORT");
            Logs.rotate(broker.log());
        }
        timed("Kafka", broker::start, (running ? "runs" : "started") + " on port " + broker.port());
        return !running;
    }

    private boolean startService(ServiceProcess process) {
        boolean running = process.process().isPresent();
        if (running && process.isOutdated()) {
            terminal.begun(process.service().id() + " has a new jar or new settings, starting it again");
            process.stop();
            running = false;
        }
        if (!running) {
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

    /** Stops what runs, services first; true if anything ran. */
    boolean stop() {
        List<ServiceProcess> running = services.stream()
                .filter(service -> service.process().isPresent())
                .toList();
        CompletableFuture.allOf(running.stream()
                        .map(service -> CompletableFuture.runAsync(() -> {
                            service.stop();
                            terminal.done(service.service().id() + " stopped");
                        }))
                        .toArray(CompletableFuture[]::new))
                .join();
        boolean kafkaRan = home.kafka().isRunning();
        if (kafkaRan) {
            home.kafka().stop();
            terminal.done("Kafka stopped");
        }
        boolean postgresRan = home.postgres().isRunning();
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

    private static void requireFree(int port, String setting) {
        if (!Ports.isFree(port)) {
            throw ServiceProcess.portTaken(port, setting);
        }
    }

    private void prepareFolder() {
        try {
            for (Path folder : List.of(home.folder(), home.run(), home.logs())) {
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
