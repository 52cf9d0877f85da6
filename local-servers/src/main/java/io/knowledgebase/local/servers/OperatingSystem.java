package io.knowledgebase.local.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the servers need to know of the machine they run on. */
final class OperatingSystem {

    private static final String POSTGRES_USER = "postgres";
    private static final Path NOWHERE = Path.of("/dev/null");

    private OperatingSystem() {}

    static boolean isRoot() {
        try {
            return Objects.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"), 0);
        } catch (IOException | UnsupportedOperationException e) {
            return "root".equals(System.getProperty("user.name"));
        }
    }

    /** Whom PostgreSQL runs as: it refuses root. Null for the user of this process. */
    static @Nullable String postgresUser() {
        return isRoot() ? POSTGRES_USER : null;
    }

    /** True if PostgreSQL's user can enter the folder; one that does not exist counts as its nearest parent. */
    static boolean isReachableForPostgres(Path folder) {
        String user = postgresUser();
        Path existing = folder.toAbsolutePath().normalize();
        for (Path parent = existing; parent != null && !Files.isDirectory(existing); parent = parent.getParent()) {
            existing = parent;
        }
        return user == null
                || ChildProcess.run(
                        List.of("test", "-x", existing.toString()),
                        Path.of("/"),
                        NOWHERE,
                        Duration.ofSeconds(10),
                        user);
    }

    static boolean has(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** A signal to a process that may be gone already. */
    static void signal(long pid, String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor(10, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new ServerFailedException("cannot send a signal to process " + pid, null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static boolean isZombie(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            return false; // the process ended while it was read
        }
    }

    /** True if the process works in the folder; false too if that cannot be told. */
    static boolean worksIn(long pid, Path folder) {
        try {
            return Files.isSameFile(Path.of("/proc", Long.toString(pid), "cwd"), folder);
        } catch (IOException e) {
            return false;
        }
    }
}
