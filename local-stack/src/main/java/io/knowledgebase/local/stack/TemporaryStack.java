package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An installation on free ports in a temporary folder, which goes with it. Its services start once: none keeps its
 * classes for a next start, and one that nobody asks does not start.
 */
public final class TemporaryStack implements AutoCloseable {

    /** What leads to servers and folders of another installation. */
    private static final List<String> ELSEWHERE = List.of(
            "KB_HOME",
            "KB_DATABASE_URL",
            "KB_KAFKA_BOOTSTRAP",
            "KB_KAFKA_CONTROLLER_PORT",
            "KB_ACCESS_JWKS_URI",
            "KB_ACCESS_ISSUER",
            "KB_ACCESS_AUDIENCE",
            "KB_TOKEN");

    private static final long NEEDED_MEBIBYTES = 2048;

    private final Path folder;
    private final Home home;
    private final Stack stack;
    private boolean closed;

    private TemporaryStack(Path folder, Home home, List<Service> services, Terminal terminal) {
        this.folder = folder;
        this.home = home;
        this.stack = new Stack(
                home,
                terminal,
                services.stream()
                        .map(service -> new ServiceProcess(home, service, false))
                        .toList());
    }

    /**
     * Starts all of it, once the machine has what that needs.
     *
     * @param services that are needed
     * @param settings of the services, which go before those of the environment
     */
    public static TemporaryStack start(
            Path root, List<Service> services, Map<String, String> settings, Terminal terminal) {
        try {
            requireDisk();
            provision(root);
            Path folder = Files.createTempDirectory(
                    "kb-stack-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            // PostgreSQL may run as another user, who has to get to its own folder.
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            Map<String, String> environment = new HashMap<>(System.getenv());
            environment.keySet().removeAll(ELSEWHERE);
            for (Service service : Service.values()) {
                environment.put(service.portSetting(), Integer.toString(Ports.free()));
                environment.remove(service.urlSetting());
            }
            environment.put("KB_POSTGRES_PORT", Integer.toString(Ports.free()));
            environment.put("KB_KAFKA_PORT", Integer.toString(Ports.free()));
            environment.put("KB_KAFKA_CONTROLLER_PORT", Integer.toString(Ports.free()));
            environment.putAll(settings);
            TemporaryStack temporary =
                    new TemporaryStack(folder, new Home(root, folder, environment), services, terminal);
            Runtime.getRuntime().addShutdownHook(new Thread(temporary::close, "remove"));
            temporary.stack.start();
            return temporary;
        } catch (IOException e) {
            throw CommandFailedException.of(
                    "no temporary installation can be made: " + e.getMessage(),
                    "free disk space, then repeat",
                    null,
                    e);
        }
    }

    private static void requireDisk() throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        long freeMebibytes = Files.getFileStore(temporary).getUsableSpace() >> 20;
        if (freeMebibytes < NEEDED_MEBIBYTES) {
            throw CommandFailedException.of(
                    "only " + freeMebibytes + " MiB are free in " + temporary, "free 2 GiB there, then repeat");
        }
    }

    private static void provision(Path root) throws IOException {
        try {
            Path script = root.resolve("local-stack/provision/postgresql.sh");
            if (new ProcessBuilder(script.toString()).inheritIO().start().waitFor() != 0) {
                throw CommandFailedException.of("PostgreSQL is not ready for use", "see the lines before");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailedException.of("interrupted", "repeat");
        }
    }

    public Home home() {
        return home;
    }

    /** Stops everything and deletes the folder; a repeat does nothing. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        stack.stop(any -> true);
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw CommandFailedException.of(folder + " cannot be deleted", "delete it by hand", null, e);
        }
    }
}
