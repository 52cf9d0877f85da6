package io.knowledgebase.local.home;

import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.schemas.database.Database;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An installation on this machine: its folder ({@code KB_HOME}), its ports, its secrets, and the servers it is pointed
 * at. Ports are remembered from the last start, so that later commands find what an earlier one started.
 */
public final class Home {

    /** The names of all that lies in the folder; the lock, in run, and the marker go last. */
    public static final List<String> CONTENTS =
            List.of("postgres", "kafka", "logs", "secrets", "reports", "ports.properties", "run", "kb-home");

    private static final Pattern SETTING = Pattern.compile("(KB|SPRING|SERVER|MANAGEMENT|LOGGING|JAVA_TOOL|JDK_JAVA)_");
    private static final String DATABASE = "kb";
    private static final String CHAT_PASSWORD = "KB_CHAT_PASSWORD";
    private static final String CHAT_SECRET = "chat";
    private static final int POSTGRES_PORT = 15432;
    private static final int KAFKA_PORT = 19092;

    private final Path root;
    private final Path folder;
    private final Map<String, String> environment;
    private final Properties remembered = new Properties();
    private final Secrets secrets;

    /**
     * An installation.
     *
     * @param root of the project, where the services' jars are
     * @param folder for its state
     */
    public Home(Path root, Path folder, Map<String, String> environment) {
        this.root = root;
        this.folder = folder;
        this.environment = Map.copyOf(environment);
        this.secrets = new Secrets(folder.resolve("secrets"));
        if (Files.exists(portsFile())) {
            try (Reader reader = Files.newBufferedReader(portsFile())) {
                remembered.load(reader);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The installation that the environment names. */
    public static Home ofEnvironment() {
        Path root = Path.of(System.getProperty("kb.root", ".")).toAbsolutePath().normalize();
        Path folder = Path.of(
                System.getenv().getOrDefault("KB_HOME", root.resolve(".kb").toString()));
        return new Home(root, folder.toAbsolutePath().normalize(), System.getenv());
    }

    public Path folder() {
        return folder;
    }

    /** True if the folder was made for an installation, so that what is in it may be deleted. */
    public boolean isClaimed() {
        return Files.exists(folder.resolve("kb-home"))
                // made before there was a marker
                || (Files.exists(portsFile()) && Files.exists(folder.resolve("postgres/data/PG_VERSION")));
    }

    /** Makes and marks the folder. One with other things in it is refused: they might have the names of ours. */
    public void claim() throws IOException {
        if (Files.isDirectory(folder) && !isClaimed()) {
            try (Stream<Path> entries = Files.list(folder)) {
                Optional<Path> other = entries.map(Path::getFileName)
                        .filter(name -> !CONTENTS.contains(name.toString())
                                && !name.toString().equals("lost+found"))
                        .findFirst();
                if (other.isPresent()) {
                    throw CommandFailedException.of(
                            folder + " holds other things, for example " + other.get(),
                            "set KB_HOME to a folder of its own");
                }
            }
        }
        if (!Files.exists(folder)) {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.writeString(folder.resolve("kb-home"), "kb reset deletes this folder's contents.\n");
    }

    public Path logs() {
        return folder.resolve("logs");
    }

    /** What was proved, for people to keep. */
    public Path reports() {
        return folder.resolve("reports");
    }

    public Path log(Service service) {
        return logs().resolve(service.id() + ".log");
    }

    /** Pid files and what else is only true while things run. */
    public Path run() {
        return folder.resolve("run");
    }

    /** The jar that the build makes. */
    public Path jar(Service service) {
        return root.resolve(service.id()).resolve("target").resolve(service.id() + ".jar");
    }

    /** A setting from the environment; blank counts as absent. */
    public Optional<String> setting(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    /** All of the environment that may be a setting of a service which is started from here. */
    public Map<String, String> settings() {
        return environment.entrySet().stream()
                .filter(variable -> SETTING.matcher(variable.getKey()).lookingAt())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    public int port(Service service) {
        return port(service.portSetting(), service.defaultPort());
    }

    private int port(String setting, int otherwise) {
        return number(setting, setting(setting).orElse(remembered.getProperty(setting, Integer.toString(otherwise))));
    }

    /** A setting that is a positive number. */
    public int number(String setting, int otherwise) {
        return number(setting, setting(setting).orElse(Integer.toString(otherwise)));
    }

    private static int number(String setting, String value) {
        try {
            int number = Integer.parseInt(value);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw CommandFailedException.usage(setting + " is " + value, "set it to a positive number");
    }

    /** Writes the ports down for later commands. */
    public void rememberPorts() {
        Properties ports = new Properties();
        for (Service service : Service.values()) {
            ports.setProperty(service.portSetting(), Integer.toString(port(service)));
        }
        ports.setProperty("KB_POSTGRES_PORT", Integer.toString(postgresPort()));
        ports.setProperty("KB_KAFKA_PORT", Integer.toString(kafkaPort()));
        ports.setProperty("KB_KAFKA_CONTROLLER_PORT", Integer.toString(kafkaControllerPort()));
        try (Writer writer = Files.newBufferedWriter(portsFile())) {
            ports.store(writer, "ports of the last start; the environment goes before");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path portsFile() {
        return folder.resolve("ports.properties");
    }

    public int postgresPort() {
        return port("KB_POSTGRES_PORT", POSTGRES_PORT);
    }

    public int kafkaPort() {
        return port("KB_KAFKA_PORT", KAFKA_PORT);
    }

    public int kafkaControllerPort() {
        return port("KB_KAFKA_CONTROLLER_PORT", kafkaPort() + 1);
    }

    /** False if {@code KB_DATABASE_URL} names an existing server. */
    public boolean ownsPostgres() {
        return setting("KB_DATABASE_URL").isEmpty();
    }

    /** False if {@code KB_KAFKA_BOOTSTRAP} names existing brokers. */
    public boolean ownsKafka() {
        return setting("KB_KAFKA_BOOTSTRAP").isEmpty();
    }

    public PostgresCluster postgres() {
        return PostgresCluster.detached(
                folder.resolve("postgres"), secrets.file("postgres"), logs().resolve("postgres.log"), postgresPort());
    }

    public KafkaBroker kafka() {
        return KafkaBroker.detached(
                folder.resolve("kafka"), logs().resolve("kafka.log"), kafkaPort(), kafkaControllerPort());
    }

    /** The database with an administrator's login. */
    public DatabaseAddress database() {
        return setting("KB_DATABASE_URL").map(DatabaseAddress::parse).orElseGet(() -> {
            PostgresCluster cluster = postgres();
            return new DatabaseAddress(cluster.jdbcUrl(DATABASE), cluster.user(), secrets.get("postgres"));
        });
    }

    /** The name of the private cluster's database. */
    public String databaseName() {
        return DATABASE;
    }

    public String kafkaBootstrap() {
        return setting("KB_KAFKA_BOOTSTRAP").orElseGet(() -> kafka().bootstrapServers());
    }

    /** The password of a service's role: {@code KB_INGEST_PASSWORD} and the like, else a generated one. */
    public String rolePassword(Service service) {
        return setting("KB_" + service.name() + "_PASSWORD").orElseGet(() -> secrets.get(service.role()));
    }

    /**
     * The password of the moved application's role: {@code KB_CHAT_PASSWORD}, else a generated one; empty if the setting
     * is there and blank, and then the role's password is nobody's business here.
     */
    public Optional<String> chatPassword() {
        return environment.containsKey(CHAT_PASSWORD) ? setting(CHAT_PASSWORD) : Optional.of(secrets.get(CHAT_SECRET));
    }

    /** Whether there is one, so that none would be generated. */
    public boolean hasChatPassword() {
        return environment.containsKey(CHAT_PASSWORD) || Files.exists(secrets.file(CHAT_SECRET));
    }

    /** How the moved application reaches its tables, in words; the password is not in it, and none is made. */
    public String chatAddress() {
        DatabaseAddress database = setting("KB_DATABASE_URL")
                .map(DatabaseAddress::parse)
                .orElseGet(() -> {
                    PostgresCluster cluster = postgres();
                    return new DatabaseAddress(cluster.jdbcUrl(DATABASE), cluster.user(), "");
                });
        return "host " + database.host() + ", port " + database.port() + ", database " + database.name() + ", user "
                + Database.CHAT_ROLE + ", password " + chatPasswordPlace();
    }

    private String chatPasswordPlace() {
        if (environment.containsKey(CHAT_PASSWORD)) {
            return setting(CHAT_PASSWORD).isPresent() ? "as KB_CHAT_PASSWORD says" : "as you have set it yourself";
        }
        Path file = secrets.file(CHAT_SECRET);
        return Files.exists(file)
                ? "in " + file
                : "not known here: you have set it, or KB_CHAT_PASSWORD of the containers";
    }

    /** What tokens are signed with: {@code KB_ACCESS_SECRET}, else a generated one. */
    public String accessSecret() {
        return setting("KB_ACCESS_SECRET").orElseGet(() -> secrets.get("access"));
    }

    /** What Notion's tokens are sealed with: {@code KB_NOTION_KEYS}, else a generated key. */
    public String notionKeys() {
        return setting("KB_NOTION_KEYS").orElseGet(() -> secrets.get("notion"));
    }

    /** Where a service answers: {@code KB_INGEST_URL} and the like, else on this machine. */
    public URI url(Service service) {
        return URI.create(setting(service.urlSetting()).orElse("http://127.0.0.1:" + port(service)));
    }
}
