package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.ChildProcess;
import io.knowledgebase.local.servers.Lifetime;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** One of the three services as a process of this machine. */
final class ServiceProcess {

    private static final Duration START_PATIENCE = Duration.ofMinutes(2);
    private static final Duration UNPACK_PATIENCE = Duration.ofMinutes(1);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);
    private static final Duration HEALTH_TIMEOUT = Duration.ofSeconds(5);
    private static final long POLL_MS = 150;
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(HEALTH_TIMEOUT).build();

    /** Settings of this command, which the services need not know. */
    private static final List<String> MINE = List.of(
            "KB_HOME",
            "KB_DATABASE_URL",
            "KB_KAFKA_BOOTSTRAP",
            "KB_POSTGRES_PORT",
            "KB_KAFKA_PORT",
            "KB_KAFKA_CONTROLLER_PORT",
            "KB_TOPIC_PARTITIONS",
            "KB_TOPIC_REPLICATION",
            "KB_CHAT_PASSWORD",
            "KB_POSTGRES_BIN",
            "KB_PROVISION_LOG",
            "KB_JAVA_OPTIONS",
            "KB_TOKEN",
            "KB_USER",
            "KB_DEBUG");

    private final Home home;
    private final Service service;
    private final boolean startsOften;

    ServiceProcess(Home home, Service service) {
        this(home, service, true);
    }

    /**
     * One of them.
     *
     * @param startsOften whether it pays to keep its classes for the next start, which costs time at the first one's end
     */
    ServiceProcess(Home home, Service service, boolean startsOften) {
        this.home = home;
        this.service = service;
        this.startsOften = startsOften;
    }

    Service service() {
        return service;
    }

    Optional<ChildProcess> process() {
        return ChildProcess.recall(pidFile());
    }

    /** True if jar or settings are others than those the process was started with. */
    boolean isOutdated() {
        return Files.exists(home.jar(service)) && !settings().equals(read(settingsFile()));
    }

    /** A digest of all that the process is told, so that no secret lies about. */
    String settings() {
        Map<String, String> environment = new TreeMap<>(home.settings());
        environment.putAll(environment());
        try {
            String told = built() + " " + command() + " " + environment;
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(told.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** When the jar was built, and its size. */
    private String built() {
        try {
            return Files.getLastModifiedTime(home.jar(service)) + " " + Files.size(home.jar(service));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void start() {
        if (!Ports.isFree(home.port(service))) {
            throw portTaken(home.port(service), service.portSetting());
        }
        Logs.rotate(home.log(service));
        unpack();
        List<String> command = new ArrayList<>(command());
        if (startsOften) {
            // Classes that are mapped instead of read halve the time to start: 9.7 s of processor time instead of 18.5.
            command.addAll(
                    1,
                    List.of(
                            Files.exists(classes())
                                    ? "-XX:SharedArchiveFile=" + classes()
                                    : "-XX:ArchiveClassesAtExit=" + classes(),
                            "-Xlog:cds=off",
                            "-Xlog:cds+dynamic=off"));
        }
        try {
            Files.writeString(settingsFile(), settings());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ChildProcess.start(command, home.run(), environment(), home.log(service), Lifetime.DETACHED, null, pidFile());
    }

    static CommandFailedException portTaken(int port, String setting) {
        return CommandFailedException.of(
                "port " + port + " is taken by another program", "set " + setting + " to a free port");
    }

    /** Waits until the service is ready for work. */
    void awaitReady() {
        Instant deadline = Instant.now().plus(START_PATIENCE);
        while (!"UP".equals(health())) {
            if (process().isEmpty()) {
                throw CommandFailedException.of(
                        service.id() + " ended while it was starting" + Logs.lastComplaint(home.log(service)),
                        "read the log's last lines, then repeat",
                        home.log(service),
                        null);
            }
            if (Instant.now().isAfter(deadline)) {
                throw CommandFailedException.of(
                        service.id() + " is not ready after " + START_PATIENCE.toSeconds() + " s (readiness: "
                                + health() + ")",
                        "read the log's last lines, then repeat",
                        home.log(service),
                        null);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CommandFailedException.of("interrupted", "repeat");
            }
        }
    }

    void stop() {
        process().ifPresent(process -> process.stop(STOP_PATIENCE));
    }

    /** {@code UP}, {@code DEGRADED}, what else readiness says, or {@code no answer}. */
    String health() {
        URI readiness = home.url(service).resolve("/actuator/health/readiness");
        try {
            HttpResponse<String> answer = HTTP.send(
                    HttpRequest.newBuilder(readiness).timeout(HEALTH_TIMEOUT).build(), BodyHandlers.ofString());
            return answer.statusCode() == 200
                    ? JsonMapper.shared().readTree(answer.body()).path("status").asString("no status")
                    : "not ready (" + answer.statusCode() + ")";
        } catch (IOException | JacksonException e) {
            return "no answer";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    private List<String> command() {
        List<String> command = new ArrayList<>(List.of(java(), "-Xmx" + service.heap(), "-XX:+ExitOnOutOfMemoryError"));
        home.setting("KB_JAVA_OPTIONS")
                .ifPresent(options -> command.addAll(List.of(options.trim().split("\\s+", -1))));
        command.addAll(List.of("-jar", unpacked().resolve(service.id() + ".jar").toString()));
        return command;
    }

    /** What the service is told; settings meant for this command alone stay with it. */
    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(home.settings());
        MINE.forEach(mine -> environment.put(mine, ""));
        for (Service any : Service.values()) {
            environment.put("KB_" + any.name() + "_PASSWORD", "");
            environment.put(any.portSetting(), "");
            environment.put(any.urlSetting(), "");
        }
        DatabaseAddress database = home.database();
        environment.put("SERVER_ADDRESS", "127.0.0.1");
        environment.put("SERVER_PORT", Integer.toString(home.port(service)));
        environment.put("SPRING_DATASOURCE_URL", database.jdbcUrl());
        environment.put("SPRING_DATASOURCE_USERNAME", service.role());
        environment.put("SPRING_DATASOURCE_PASSWORD", home.rolePassword(service));
        if (service == Service.EMBED && home.ownsPostgres()) {
            environment.put("KB_GENERATION_DATABASE_FOLDER", home.folder().toString());
        }
        if (service == Service.INGEST) {
            environment.put("KB_NOTION_KEYS", home.notionKeys());
        }
        if (service != Service.SEARCH) {
            environment.put("SPRING_KAFKA_BOOTSTRAP_SERVERS", home.kafkaBootstrap());
        }
        if (home.setting("KB_ACCESS_JWKS_URI").isEmpty()) {
            environment.put("KB_ACCESS_SECRET", home.accessSecret());
        }
        return environment;
    }

    /** The process runs from an unpacked copy, which starts faster and which no build pulls from under it. */
    private void unpack() {
        Path jar = home.jar(service);
        if (!Files.exists(jar)) {
            throw CommandFailedException.of(jar + " is missing", "build it: mvn -DskipTests package");
        }
        Path stamp = unpacked().resolve("built");
        if (read(stamp).equals(built())) {
            return;
        }
        try {
            Files.createDirectories(home.run());
            Files.deleteIfExists(classes());
            Folders.delete(unpacked());
            List<String> extract = List.of(
                    java(),
                    "-Djarmode=tools",
                    "-jar",
                    jar.toString(),
                    "extract",
                    "--destination",
                    unpacked().toString());
            if (!ChildProcess.run(extract, home.run(), home.log(service), UNPACK_PATIENCE, null)) {
                throw CommandFailedException.of(
                        jar + " cannot be unpacked to " + unpacked(),
                        "free disk space, then repeat",
                        home.log(service),
                        null);
            }
            Files.writeString(stamp, built());
        } catch (IOException e) {
            throw CommandFailedException.of(
                    jar + " cannot be unpacked to " + unpacked(), "free disk space, then repeat", null, e);
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private Path unpacked() {
        return home.run().resolve(service.id());
    }

    private Path classes() {
        return home.run().resolve(service.id() + ".jsa");
    }

    private Path settingsFile() {
        return home.run().resolve(service.id() + ".settings");
    }

    private Path pidFile() {
        return home.run().resolve(service.id() + ".pid");
    }
}
