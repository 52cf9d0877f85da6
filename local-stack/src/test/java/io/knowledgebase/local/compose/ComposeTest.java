package io.knowledgebase.local.compose;

import static io.knowledgebase.local.compose.ComposeFile.at;
import static io.knowledgebase.local.compose.ComposeFile.map;
import static io.knowledgebase.local.compose.ComposeFile.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.stack.MigrateCommand;
import io.knowledgebase.schemas.database.Database;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.Command;

/** docker-compose.yml, Dockerfile and .env.example against the project, without Docker. */
class ComposeTest {

    private static final Path ROOT =
            Path.of(System.getProperty("basedir", ".")).toAbsolutePath().getParent();
    private static final Pattern SECRET =
            Pattern.compile("KB_(?!NOTION_|CHAT_).*(PASSWORD|SECRET)"); // those two are optional
    private static final String CHAT_PASSWORD = "KB_CHAT_PASSWORD";
    private static final Pattern JAR = Pattern.compile("([\\w-]+)/target/([\\w-]+)\\.jar");
    private static final Pattern STAGE = Pattern.compile("(?m)^FROM (\\S+) AS (\\S+)$");
    private static final Set<String> NOT_IN_ANY_APPLICATION_YAML = Set.of("SPRING_DATASOURCE_PASSWORD");
    private static final Set<String> NOT_OF_THE_BROKER = Set.of("CLUSTER_ID", "KAFKA_HEAP_OPTS");

    private final Sources sources = new Sources(ROOT);
    private final ComposeFile compose = new ComposeFile(ROOT.resolve("docker-compose.yml"));
    private final String dockerfile = sources.read("Dockerfile");
    private final Map<String, String> example = example();
    private final Map<String, String> variables = withSecrets();

    @TempDir
    Path folder;

    ComposeTest() throws IOException {}

    @Test
    void theExampleExplainsExactlyTheVariablesThatAreUsed() {
        assertThat(example.keySet()).isEqualTo(used());
        List<String> lines = sources.read(".env.example").lines().toList();
        for (int line = 0; line < lines.size(); line++) {
            if (lines.get(line).startsWith("KB_")) {
                assertThat(lines.get(line - 1)).as(lines.get(line)).matches("# .+\\.");
            }
        }
    }

    @Test
    void defaultsAreThoseOfTheExample() {
        assertThat(compose.uses())
                .filteredOn(use -> use.operator().equals(":-"))
                .allSatisfy(use -> assertThat(use.word()).as(use.variable()).isEqualTo(example.get(use.variable())));
    }

    @Test
    void secretsAreRequiredWithAMessageAndHaveNoDefault() {
        Set<String> secrets =
                used().stream().filter(SECRET.asMatchPredicate()).collect(Collectors.toCollection(TreeSet::new));
        assertThat(secrets).contains("KB_ACCESS_SECRET", "KB_POSTGRES_PASSWORD").hasSize(2 + Service.values().length);
        assertThat(compose.uses())
                .filteredOn(use -> secrets.contains(use.variable()))
                .allSatisfy(use -> {
                    assertThat(use.operator()).as(use.variable()).isEqualTo(":?");
                    assertThat(use.word()).contains(".env");
                });
        for (String secret : secrets) {
            assertThat(example.get(secret)).as(secret).isEmpty();
            Map<String, String> without = new TreeMap<>(variables);
            without.remove(secret);
            assertThatThrownBy(() -> compose.services().forEach(service -> compose.service(service, without)))
                    .hasMessageContaining(secret);
        }
    }

    @Test
    void noSecretIsWrittenDown() {
        for (String service : compose.services()) {
            environment(service).forEach((name, value) -> {
                if (SECRET.matcher(name).matches() || name.endsWith("PASSWORD")) {
                    assertThat(value).as(service + " " + name).startsWith("dummy-");
                }
            });
        }
    }

    @Test
    void itRunsTheServersTheMigrationAndTheServices() {
        Set<String> expected = new TreeSet<>(Set.of("postgres", "kafka", "migrate"));
        for (Service service : Service.values()) {
            expected.add(service.id());
        }
        assertThat(compose.services()).isEqualTo(expected);
    }

    @Test
    void whatKeepsRunningHasAHealthCheckLimitsAndARestartPolicy() {
        for (String name : compose.services()) {
            Map<String, Object> service = service(name);
            assertThat(at(service, "deploy", "resources", "limits", "memory"))
                    .as(name)
                    .isNotNull();
            assertThat(at(service, "deploy", "resources", "limits", "cpus"))
                    .as(name)
                    .isNotNull();
            if (name.equals("migrate")) {
                assertThat(service).containsEntry("restart", "no").doesNotContainKey("ports");
            } else {
                assertThat(service).as(name).containsEntry("restart", "unless-stopped");
                assertThat(strings(at(service, "healthcheck", "test"))).as(name).hasSizeGreaterThan(1);
                assertThat(at(service, "healthcheck", "start_period")).as(name).isNotNull();
                assertThat(strings(service.get("ports")))
                        .as(name)
                        .isNotEmpty()
                        .allMatch(port -> port.startsWith("127.0.0.1:"));
            }
        }
    }

    @Test
    void healthChecksAskWhatTheImagesHave() {
        assertThat(strings(at(service("postgres"), "healthcheck", "test")))
                .contains("pg_isready", "--username=" + environment("postgres").get("POSTGRES_USER"))
                .contains("--dbname=" + environment("postgres").get("POSTGRES_DB"));
        assertThat(strings(at(service("kafka"), "healthcheck", "test")).get(1))
                .contains("/opt/kafka/bin/kafka-broker-api-versions.sh")
                .contains("--bootstrap-server kafka:9092");
        assertThat(dockerfile).contains("RUN curl --version");
    }

    @Test
    void dataLieInNamedVolumes() {
        assertThat(strings(service("postgres").get("volumes"))).containsExactly("postgres:/var/lib/postgresql/data");
        assertThat(strings(service("kafka").get("volumes")))
                .containsExactly("kafka:" + environment("kafka").get("KAFKA_LOG_DIRS"));
        assertThat(compose.volumes()).containsExactlyInAnyOrder("postgres", "kafka");
    }

    @Test
    void theMigrationWaitsForTheServersAndTheServicesForTheMigration() {
        assertThat(at(service("migrate"), "depends_on", "postgres", "condition"))
                .isEqualTo("service_healthy");
        assertThat(at(service("migrate"), "depends_on", "kafka", "condition")).isEqualTo("service_healthy");
        for (Service service : Service.values()) {
            assertThat(at(service(service.id()), "depends_on", "migrate", "condition"))
                    .as(service.id())
                    .isEqualTo("service_completed_successfully");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aServiceListensWhereItsHealthCheckAndItsPublishedPortLead(Service service) {
        Map<String, String> application = sources.application(service.id());
        String port = application.get("server.port");
        assertThat(port).isEqualTo(Integer.toString(service.defaultPort()));
        assertThat(environment(service.id()))
                .containsEntry("SERVER_PORT", port)
                .containsEntry("SERVER_ADDRESS", "0.0.0.0");
        assertThat(strings(at(service(service.id()), "healthcheck", "test")))
                .contains("curl", "http://127.0.0.1:" + port + "/actuator/health/readiness");
        assertThat(application)
                .containsKey("management.endpoint.health.group.readiness.include")
                .containsEntry("management.endpoint.health.probes.enabled", "true");
        assertThat(strings(service(service.id()).get("ports"))).containsExactly("127.0.0.1:" + port + ":" + port);
        Map<String, String> moved = new TreeMap<>(variables);
        moved.put(service.portSetting(), "12345");
        assertThat(strings(compose.service(service.id(), moved).get("ports")))
                .containsExactly("127.0.0.1:12345:" + port);
    }

    @ParameterizedTest
    @EnumSource
    void aServiceGetsAllItsSettingsWithTheirDefaultsAndNoOthers(Service service) {
        Map<String, String> settings = sources.settings(service.id());
        assertThat(settings).isNotEmpty();
        Set<String> access = sources.settings("schemas").keySet();
        assertThat(access).contains("KB_ACCESS_JWKS_URI", "KB_ACCESS_SECRET");

        Set<String> expected = new TreeSet<>(settings.keySet());
        expected.addAll(access);
        assertThat(environment(service.id()).keySet())
                .filteredOn(name -> name.startsWith("KB_"))
                .containsExactlyInAnyOrderElementsOf(expected);
        settings.forEach((name, value) ->
                assertThat(example).as("default of " + service.id()).containsEntry(name, value));
    }

    @ParameterizedTest
    @EnumSource
    void everythingElseThatAServiceIsToldIsAPropertyOfSpringBoot(Service service) {
        Set<String> known = Arrays.stream(Service.values())
                .flatMap(any -> sources.application(any.id()).keySet().stream())
                .map(Sources::variable)
                .collect(Collectors.toCollection(HashSet::new));
        known.addAll(NOT_IN_ANY_APPLICATION_YAML);
        assertThat(environment(service.id()).keySet())
                .filteredOn(name -> !name.startsWith("KB_"))
                .isSubsetOf(known);
        assertThat(environment(service.id()).containsKey("SPRING_KAFKA_BOOTSTRAP_SERVERS"))
                .isEqualTo(sources.application(service.id()).containsKey("spring.kafka.bootstrap-servers"));
    }

    @Test
    void rolesDatabaseAndBrokersAreThoseThatTheMigrationPrepares() {
        Home migration = new Home(ROOT, folder, environment("migrate"));
        DatabaseAddress database = migration.database();
        Map<String, String> server = environment("postgres");
        assertThat(database)
                .isEqualTo(new DatabaseAddress(
                        "jdbc:postgresql://postgres:5432/" + server.get("POSTGRES_DB"),
                        server.get("POSTGRES_USER"),
                        server.get("POSTGRES_PASSWORD")));
        assertThat(environment("kafka").get("KAFKA_ADVERTISED_LISTENERS").split(",", -1))
                .contains("PLAINTEXT://" + migration.kafkaBootstrap());
        List<String> roles = new ArrayList<>();
        for (Service service : Service.values()) {
            Map<String, String> environment = environment(service.id());
            roles.add(environment.get("SPRING_DATASOURCE_USERNAME"));
            assertThat(environment)
                    .containsEntry("SPRING_DATASOURCE_URL", database.jdbcUrl())
                    .containsEntry("SPRING_DATASOURCE_USERNAME", service.role())
                    .containsEntry("SPRING_DATASOURCE_PASSWORD", migration.rolePassword(service));
            assertThat(environment.getOrDefault("SPRING_KAFKA_BOOTSTRAP_SERVERS", migration.kafkaBootstrap()))
                    .isEqualTo(migration.kafkaBootstrap());
        }
        assertThat(roles).containsExactlyInAnyOrderElementsOf(Database.SERVICE_ROLES);
    }

    @Test
    void theMovedApplicationsRoleHasAPasswordOnlyIfOneIsGiven() {
        assertThat(new Home(ROOT, folder, environment("migrate")).chatPassword())
                .contains(variables.get(CHAT_PASSWORD));

        variables.remove(CHAT_PASSWORD);
        assertThat(new Home(ROOT, folder, environment("migrate")).chatPassword())
                .isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void theMigrationGetsTheSettingsThatItsHelpNames() {
        String help = String.join(
                " ", MigrateCommand.class.getAnnotation(Command.class).footer());
        Set<String> named = Pattern.compile("KB_\\w+")
                .matcher(help)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
        assertThat(environment("migrate").keySet()).isEqualTo(new TreeSet<>(named));
    }

    @Test
    void theServersPublishedPortsAreThoseOfKbUp() {
        Home home = new Home(ROOT, folder, Map.of());
        assertThat(strings(service("postgres").get("ports")))
                .containsExactly("127.0.0.1:" + home.postgresPort() + ":5432");
        assertThat(strings(service("kafka").get("ports"))).containsExactly("127.0.0.1:" + home.kafkaPort() + ":19092");
        assertThat(environment("kafka").get("KAFKA_ADVERTISED_LISTENERS"))
                .endsWith("HOST://127.0.0.1:" + home.kafkaPort());
    }

    @Test
    void kafkaIsTheVersionOfTheClients() {
        assertThat(service("kafka"))
                .containsEntry("image", "apache/kafka:" + between(sources.read("pom.xml"), "kafka.version"));
    }

    @Test
    void kafkaAcceptsItsSettings() throws Exception {
        Properties properties = new Properties();
        environment("kafka").forEach((name, value) -> {
            if (!NOT_OF_THE_BROKER.contains(name)) {
                properties.setProperty(
                        name.substring("KAFKA_".length())
                                .toLowerCase(Locale.ROOT)
                                .replace('_', '.'),
                        value);
            }
        });
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader broker = new URLClassLoader(brokerLibraries(), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(broker);
            Class<?> type = broker.loadClass("kafka.server.KafkaConfig");
            Object configuration = type.getMethod("fromProps", Properties.class).invoke(null, properties);
            Map<?, ?> known = (Map<?, ?>) type.getMethod("values").invoke(configuration);
            assertThat(known.keySet().stream().map(Object::toString)).containsAll(properties.stringPropertyNames());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URL[] brokerLibraries() throws IOException {
        try (Stream<Path> jars = Files.list(ROOT.resolve("local-servers/target/broker"))) {
            List<URL> urls = new ArrayList<>();
            for (Path jar : jars.toList()) {
                urls.add(jar.toUri().toURL());
            }
            return urls.toArray(URL[]::new);
        }
    }

    @Test
    void postgresqlFitsItsContainerAndCanBeReplicatedFrom() {
        String image = service("postgres").get("image").toString();
        assertThat(image).matches("pgvector/pgvector:0\\.8\\.([4-9]|\\d\\d)-pg17"); // fixed HNSW; volume of 17
        List<String> command = strings(service("postgres").get("command"));
        assertThat(command).contains("-cwal_level=logical");
        Map<String, String> settings = command.stream()
                .filter(argument -> argument.startsWith("-c"))
                .map(argument -> argument.substring(2).split("=", 2))
                .collect(Collectors.toMap(setting -> setting[0], setting -> setting[1]));
        long memory = bytes(at(service("postgres"), "deploy", "resources", "limits", "memory"));
        assertThat(bytes(service("postgres").get("shm_size")))
                .isGreaterThanOrEqualTo(bytes(settings.get("maintenance_work_mem")));
        assertThat(bytes(settings.get("shared_buffers")) + bytes(settings.get("maintenance_work_mem")))
                .isLessThan(memory);
        int pools = Arrays.stream(Service.values())
                .mapToInt(service -> Integer.parseInt(
                        sources.application(service.id()).get("spring.datasource.hikari.maximum-pool-size")))
                .sum();
        assertThat(Integer.parseInt(settings.get("max_connections"))).isGreaterThanOrEqualTo(pools + 20);
    }

    @ParameterizedTest
    @EnumSource
    void aServiceHasAtLeastTheHeapThatKbUpGivesIt(Service service) {
        long percentage = Long.parseLong(Pattern.compile("-XX:MaxRAMPercentage=(\\d+)")
                .matcher(dockerfile)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1));
        long memory = bytes(at(service(service.id()), "deploy", "resources", "limits", "memory"));
        assertThat(memory * percentage / 100).isGreaterThanOrEqualTo(bytes(service.heap()));
    }

    @ParameterizedTest
    @EnumSource
    void aServiceEndsForWantOfMemoryWhereItDoesUnderKbUp(Service service) {
        List<String> entryPoints = Pattern.compile(
                        "(?s)^FROM \\S+ AS (service|" + service.id() + ")$.*?(?=^FROM|\\z)", Pattern.MULTILINE)
                .matcher(dockerfile)
                .results()
                .flatMap(stage -> stage.group().lines())
                .filter(line -> line.startsWith("ENTRYPOINT"))
                .toList();
        assertThat(entryPoints.get(entryPoints.size() - 1)).contains("-XX:+ExitOnOutOfMemoryError");
    }

    @Test
    void theDockerfileTakesTheJarsThatTheBuildMakes() {
        Set<String> modules = new TreeSet<>();
        JAR.matcher(dockerfile).results().forEach(jar -> {
            assertThat(jar.group(2)).as(jar.group()).isEqualTo(jar.group(1));
            modules.add(jar.group(1));
        });
        Set<String> expected = new TreeSet<>(Set.of("local-stack"));
        for (Service service : Service.values()) {
            expected.add(service.id());
        }
        assertThat(modules).isEqualTo(expected);
        for (String module : modules) {
            assertThat(sources.read("pom.xml")).contains("<module>" + module + "</module>");
        }
        assertThat(sources.read("pom.xml")).contains("<finalName>${project.artifactId}</finalName>");
    }

    @Test
    void everyImageIsATargetOfTheDockerfileOnTheProjectsJava() throws Exception {
        Map<String, String> stages = STAGE.matcher(dockerfile)
                .results()
                .collect(Collectors.toMap(stage -> stage.group(2), stage -> stage.group(1)));
        for (String name : compose.services()) {
            Object target = at(service(name), "build", "target");
            if (target == null) {
                assertThat(service(name)).as(name).containsKey("image");
            } else {
                assertThat(target).isEqualTo(name);
                assertThat(stages).containsKey(name);
            }
        }
        String java = between(sources.read("pom.xml"), "java.version");
        assertThat(stages.get("build")).startsWith("maven:").endsWith("-temurin-" + java);
        assertThat(stages.get("runtime")).contains("temurin:" + java + "-jre").doesNotContain("alpine");
        assertThat(dockerfile)
                .containsPattern("(?s)AS runtime.*\nUSER kb\n.*AS service")
                .doesNotContain("USER root");
        String main = Pattern.compile("\"(io\\.knowledgebase\\.[\\w.]+)\"")
                .matcher(dockerfile)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
        assertThat(Class.forName(main).getMethod("main", String[].class)).isNotNull();
    }

    @Test
    void theBuildSeesSourcesOnly() {
        List<String> patterns = sources.read(".dockerignore")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
        assertThat(patterns).startsWith("*").contains("!pom.xml", "!.mvn", "!*/pom.xml", "!*/src/main");
        assertThat(patterns).noneMatch(pattern -> pattern.contains("env") || pattern.contains("target"));
    }

    private Set<String> used() {
        return compose.uses().stream().map(ComposeFile.Use::variable).collect(Collectors.toCollection(TreeSet::new));
    }

    private Map<String, Object> service(String name) {
        return compose.service(name, variables);
    }

    private Map<String, String> environment(String service) {
        Map<String, String> environment = new TreeMap<>();
        map(service(service).get("environment")).forEach((name, value) -> environment.put(name, value.toString()));
        return environment;
    }

    private Map<String, String> example() {
        Map<String, String> example = new TreeMap<>();
        sources.read(".env.example")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.split("=", 2))
                .forEach(setting -> assertThat(example.put(setting[0], setting[1]))
                        .as(setting[0] + " is there twice")
                        .isNull());
        return example;
    }

    private Map<String, String> withSecrets() {
        Map<String, String> variables = new TreeMap<>(example);
        variables.replaceAll(
                (name, value) -> (SECRET.matcher(name).matches() || name.equals(CHAT_PASSWORD)) && value.isEmpty()
                        ? "dummy-" + name.toLowerCase(Locale.ROOT)
                        : value);
        return variables;
    }

    private static String between(String pom, String property) {
        return pom.substring(
                pom.indexOf("<" + property + ">") + property.length() + 2, pom.indexOf("</" + property + ">"));
    }

    /** Of a size as Docker, PostgreSQL and Java write it. */
    private static long bytes(Object size) {
        String text = size.toString().toLowerCase(Locale.ROOT);
        long number = Long.parseLong(text.replaceAll("\\D", ""));
        return switch (text.replaceAll("[\\db]", "")) {
            case "m" -> number << 20;
            case "g" -> number << 30;
            default -> throw new IllegalArgumentException(text);
        };
    }
}
