package io.knowledgebase.local.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A private PostgreSQL with pgvector in a folder of its own, on the loopback address only, with the superuser
 * {@value #USER}. Works as root too: PostgreSQL then runs as the user postgres.
 */
public final class PostgresCluster implements AutoCloseable {

    /** Superuser, who has a generated password. */
    public static final String USER = "kb";

    private static final Duration START_PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(60);
    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final String IMPOSSIBLE_PID = "999999999";
    private static final int PORT_LINE = 3;
    private static final int PASSWORD_BYTES = 24;

    private static final List<String> DURABLE = List.of(
            "shared_buffers=512MB",
            "maintenance_work_mem=512MB",
            "work_mem=16MB",
            "effective_cache_size=4GB",
            "max_wal_size=4GB",
            "checkpoint_timeout=15min");
    private static final List<String> THROWAWAY = List.of(
            "shared_buffers=64MB",
            "maintenance_work_mem=128MB",
            "fsync=off",
            "full_page_writes=off",
            "autovacuum_naptime=10s",
            "max_wal_size=1GB");

    private static @Nullable PostgresCluster forTests;

    private final Path folder;
    private final Path passwordFile;
    private final Path log;
    private final int port;
    private final Lifetime lifetime;

    private PostgresCluster(Path folder, Path passwordFile, Path log, int port, Lifetime lifetime) {
        this.folder = folder.toAbsolutePath().normalize();
        this.passwordFile = passwordFile;
        this.log = log;
        this.port = port;
        this.lifetime = lifetime;
    }

    /** The cluster that all tests of this JVM share: started at the first call, gone with the JVM, not crash-safe. */
    public static synchronized PostgresCluster forTests() {
        if (forTests == null) {
            PostgresCluster cluster = inTestFolder();
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "stop-postgresql"));
            cluster.start();
            forTests = cluster;
        }
        return forTests;
    }

    /** A cluster that a test has for itself, not yet started; closing it deletes it. */
    public static PostgresCluster inTestFolder() {
        Path folder = TestFolder.create("postgres");
        return new PostgresCluster(
                folder, folder.resolve("password"), folder.resolve("postgres.log"), Ports.free(), Lifetime.OF_PARENT);
    }

    /**
     * A durable cluster that outlives this JVM; what runs there already is found again.
     *
     * @param passwordFile where the superuser's password is kept, readable by its owner only
     */
    public static PostgresCluster detached(Path folder, Path passwordFile, Path log, int port) {
        return new PostgresCluster(folder, passwordFile, log, port, Lifetime.DETACHED);
    }

    /** True if a cluster can lie in the folder: as root, the user postgres must be able to enter it. */
    public static boolean canLieIn(Path folder) {
        return OperatingSystem.isReachableForPostgres(folder);
    }

    /** Starts the server and waits until it answers; nothing to do if it does already. */
    public PostgresCluster start() {
        if (isRunning()) {
            awaitReady(process().orElseThrow());
            return this;
        }
        PostgresPrograms programs = initialize();
        disownRecycledPid();
        List<String> command = new ArrayList<>(List.of(programs.program("postgres"), "-D", data().toString()));
        settings(programs).forEach(setting -> command.addAll(List.of("-c", setting)));
        awaitReady(ChildProcess.start(
                command,
                folder,
                Map.of("LC_ALL", "C.UTF-8"),
                log,
                lifetime,
                OperatingSystem.postgresUser(),
                folder.resolve("postgres.pid")));
        return this;
    }

    /** Ends the server cleanly: open transactions are rolled back. */
    public void stop() {
        process().ifPresent(process -> process.stop("INT", STOP_PATIENCE));
    }

    /** Ends all of the server's processes with SIGKILL, as a crash would. */
    public void kill() {
        process().ifPresent(ChildProcess::kill);
    }

    /** Stops and starts on the same port. */
    public void restart() {
        stop();
        start();
    }

    /** In a test folder: ends the server and deletes its data. Otherwise as {@link #stop()}. */
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

    /** The server's process, if it runs; PostgreSQL's own pid file appears later and may be left by a crash. */
    public Optional<ChildProcess> process() {
        return ChildProcess.recall(folder.resolve("postgres.pid"))
                .or(() -> postmasterPid().stream()
                        .findFirst()
                        .map(pid -> Long.parseLong(pid.trim()))
                        .filter(pid -> OperatingSystem.worksIn(pid, data()))
                        .flatMap(ChildProcess::of));
    }

    private List<String> postmasterPid() {
        try {
            return Files.readAllLines(data().resolve("postmaster.pid"));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String host() {
        return "127.0.0.1";
    }

    /** The port it runs on, which may be another than the one asked for if it was found running. */
    public int port() {
        List<String> lines = postmasterPid();
        return lines.size() > PORT_LINE && isRunning()
                ? Integer.parseInt(lines.get(PORT_LINE).trim())
                : port;
    }

    public String user() {
        return USER;
    }

    public String password() {
        try {
            return Files.readString(passwordFile).trim();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://" + host() + ":" + port() + "/" + database;
    }

    /** A connection as superuser. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database), USER, password());
    }

    /** A new empty database; one of the same name is dropped first. Answers its JDBC URL. */
    public String createDatabase(String name) {
        administer("drop database if exists " + quoted(name) + " with (force)");
        administer("create database " + quoted(name));
        return jdbcUrl(name);
    }

    /** The database of that name, created if there is none. Answers its JDBC URL. */
    public String ensureDatabase(String name) {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet existing = statement.executeQuery(
                        "select from pg_database where datname = " + statement.enquoteLiteral(name))) {
            if (!existing.next()) {
                administer("create database " + quoted(name));
            }
            return jdbcUrl(name);
        } catch (SQLException e) {
            throw new ServerFailedException("PostgreSQL cannot create the database " + name, log, e);
        }
    }

    public Path log() {
        return log;
    }

    private void administer(String sql) {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new ServerFailedException("PostgreSQL refuses: " + sql, log, e);
        }
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private Path data() {
        return folder.resolve("data");
    }

    private PostgresPrograms initialize() {
        Path versionFile = data().resolve("PG_VERSION");
        try {
            if (Files.exists(versionFile)) {
                return PostgresPrograms.find(
                        Integer.parseInt(Files.readString(versionFile).trim()));
            }
            PostgresPrograms programs = PostgresPrograms.find();
            if (!canLieIn(folder)) {
                throw new ServerFailedException(
                        "the user postgres cannot reach " + folder + "; set KB_HOME to a folder that it can",
                        null,
                        null);
            }
            Files.createDirectories(log.toAbsolutePath().getParent());
            Files.createDirectories(folder);
            giveToPostgres(folder);
            writePassword();
            // Removed and made anew: a folder without PG_VERSION is one whose initdb was interrupted.
            TestFolder.delete(data());
            Path passwordCopy = folder.resolve("initdb-password");
            Files.deleteIfExists(passwordCopy);
            Files.createFile(passwordCopy, permissions("rw-------"));
            Files.writeString(passwordCopy, password() + "\n");
            giveToPostgres(passwordCopy);
            try {
                initdb(programs, passwordCopy);
            } finally {
                Files.delete(passwordCopy);
            }
            return programs;
        } catch (IOException e) {
            throw new ServerFailedException("PostgreSQL's folder " + folder + " cannot be prepared", log, e);
        }
    }

    private void initdb(PostgresPrograms programs, Path passwordCopy) {
        List<String> command = new ArrayList<>(List.of(
                programs.program("initdb"),
                "--pgdata=" + data(),
                "--username=" + USER,
                "--pwfile=" + passwordCopy,
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth=scram-sha-256"));
        if (lifetime == Lifetime.OF_PARENT) {
            command.add("--no-sync");
        }
        if (!ChildProcess.run(command, folder, log, START_PATIENCE, OperatingSystem.postgresUser())) {
            throw new ServerFailedException("initdb failed", log, null);
        }
    }

    private void writePassword() throws IOException {
        if (!Files.exists(passwordFile)) {
            byte[] password = new byte[PASSWORD_BYTES];
            new SecureRandom().nextBytes(password);
            Files.createDirectories(passwordFile.toAbsolutePath().getParent(), permissions("rwx------"));
            Files.createFile(passwordFile, permissions("rw-------"));
            Files.writeString(passwordFile, HexFormat.of().formatHex(password) + "\n");
        }
    }

    private static FileAttribute<?> permissions(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    private static void giveToPostgres(Path path) throws IOException {
        String user = OperatingSystem.postgresUser();
        if (user != null) {
            Files.setOwner(
                    path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
        }
    }

    private List<String> settings(PostgresPrograms programs) {
        List<String> settings = new ArrayList<>(List.of(
                "listen_addresses=127.0.0.1",
                "port=" + port,
                "unix_socket_directories=",
                "max_connections=100",
                "wal_level=logical",
                "jit=off",
                "random_page_cost=1.1",
                "timezone=UTC",
                "log_timezone=UTC",
                "log_line_prefix=%m [%p] %u@%d ",
                "cluster_name=kb"));
        settings.addAll(lifetime == Lifetime.OF_PARENT ? THROWAWAY : DURABLE);
        if (!programs.buildsIndexesInParallel()) {
            settings.add("max_parallel_maintenance_workers=0");
        }
        return settings;
    }

    /**
     * A crashed server's file may name a pid that somebody else has now, which PostgreSQL would take for a server. Only
     * the pid is replaced: by the rest of the file PostgreSQL finds out whether orphans of the crash are still at work.
     */
    private void disownRecycledPid() {
        Path pidFile = data().resolve("postmaster.pid");
        try {
            if (Files.exists(pidFile)) {
                List<String> lines = new ArrayList<>(Files.readAllLines(pidFile));
                lines.set(0, IMPOSSIBLE_PID);
                Files.write(pidFile, lines);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitReady(ChildProcess process) {
        Instant deadline = Instant.now().plus(START_PATIENCE);
        Problem last = new Problem();
        ChildProcess.awaitUntil(
                () -> {
                    if (!process.isAlive()) {
                        last.cause = null;
                        return true;
                    }
                    try (Connection connection = connect("postgres")) {
                        last.answered = true;
                        return true;
                    } catch (SQLException e) {
                        last.cause = e;
                        boolean starting = CANNOT_CONNECT_NOW.equals(e.getSQLState())
                                || (e.getSQLState() != null && e.getSQLState().startsWith("08"));
                        return !starting;
                    }
                },
                Duration.between(Instant.now(), deadline));
        if (!last.answered) {
            String what = process.isAlive()
                    ? "PostgreSQL does not answer on port " + port
                    : "PostgreSQL ended while it was starting on port " + port;
            throw new ServerFailedException(what, log, last.cause);
        }
    }

    private static final class Problem {
        private boolean answered;
        private @Nullable SQLException cause;
    }
}
