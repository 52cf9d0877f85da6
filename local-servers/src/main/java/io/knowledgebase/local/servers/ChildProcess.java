package io.knowledgebase.local.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A process in a session of its own, so that Ctrl-C reaches only whoever started it, with its output in a log file. It
 * is found again by {@link #recall} with pid and start time, so a recycled pid is never mistaken for it.
 */
public final class ChildProcess {

    private static final Duration START_TIME_TOLERANCE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(50);

    /**
     * PR_SET_PDEATHSIG fires when the thread that started the child ends, so that must be one that never ends.
     *
     * @see <a href="https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html">PR_SET_PDEATHSIG</a>
     */
    private static final ExecutorService STARTER = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "child-process-starter");
        thread.setDaemon(true);
        return thread;
    });

    private static final Set<Long> REMEMBERED = new HashSet<>();
    private static boolean closed;

    private final ProcessHandle handle;

    private ChildProcess(ProcessHandle handle) {
        this.handle = handle;
    }

    /**
     * Starts a program.
     *
     * @param folder where it runs
     * @param environment added to this process's own; an empty value removes a variable
     * @param log where its output is appended
     * @param user whom it runs as, or null for the user of this process
     */
    public static ChildProcess start(
            List<String> command,
            Path folder,
            Map<String, String> environment,
            Path log,
            Lifetime lifetime,
            @Nullable String user) {
        List<String> wrapped = new ArrayList<>();
        if (OperatingSystem.has("setsid")) {
            wrapped.add("setsid");
        }
        List<String> privileges = new ArrayList<>();
        if (user != null) {
            privileges.addAll(List.of("--reuid=" + user, "--regid=" + user, "--init-groups"));
        }
        if (lifetime == Lifetime.OF_PARENT && OperatingSystem.has("setpriv")) {
            privileges.add("--pdeathsig=KILL");
        }
        if (!privileges.isEmpty()) {
            wrapped.add("setpriv");
            wrapped.addAll(privileges);
            wrapped.add("--");
        }
        wrapped.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(wrapped)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            return new ChildProcess(STARTER.submit(builder::start).get().toHandle());
        } catch (ExecutionException e) {
            throw new ServerFailedException("cannot start " + command.get(0), log, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerFailedException("interrupted while starting " + command.get(0), log, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a program and writes down pid and start time for {@link #recall}; after {@link #startNoMore} it does
     * neither and throws.
     */
    public static synchronized ChildProcess start(
            List<String> command,
            Path folder,
            Map<String, String> environment,
            Path log,
            Lifetime lifetime,
            @Nullable String user,
            Path pidFile) {
        if (closed) {
            throw new ServerFailedException(command.get(0) + " is not started: this command ends", null, null);
        }
        ChildProcess process =
                start(command, folder, environment, log, lifetime, user).remember(pidFile);
        REMEMBERED.add(process.pid());
        return process;
    }

    /** From now on this JVM starts nothing that is written down; the pids of what it started before. */
    public static synchronized Set<Long> startNoMore() {
        closed = true;
        return Set.copyOf(REMEMBERED);
    }

    /** The process that was written down, if it still runs. */
    public static Optional<ChildProcess> recall(Path pidFile) {
        try {
            if (!Files.exists(pidFile)) {
                return Optional.empty();
            }
            String[] fields = Files.readString(pidFile).trim().split("\\s+", -1);
            if (fields.length != 2) {
                return Optional.empty();
            }
            Instant started = Instant.ofEpochMilli(Long.parseLong(fields[1]));
            return of(Long.parseLong(fields[0]))
                    .filter(process -> process.started()
                            .map(actual ->
                                    Duration.between(started, actual).abs().compareTo(START_TIME_TOLERANCE) < 0)
                            .orElse(false));
        } catch (NumberFormatException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Optional<ChildProcess> of(long pid) {
        return ProcessHandle.of(pid).map(ChildProcess::new).filter(ChildProcess::isAlive);
    }

    /** Writes down pid and start time for {@link #recall}. */
    ChildProcess remember(Path pidFile) {
        try {
            Files.createDirectories(pidFile.toAbsolutePath().getParent());
            Files.writeString(
                    pidFile, pid() + " " + started().orElseGet(Instant::now).toEpochMilli() + "\n");
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public long pid() {
        return handle.pid();
    }

    public Optional<Instant> started() {
        return handle.info().startInstant();
    }

    /** False for a zombie too: under a container's first process nobody may collect it. */
    public boolean isAlive() {
        return handle.isAlive() && !OperatingSystem.isZombie(pid());
    }

    /** Asks the process to end with SIGTERM, and ends it with SIGKILL when the patience is over. */
    public void stop(Duration patience) {
        stop("TERM", patience);
    }

    void stop(String signal, Duration patience) {
        if (isAlive()) {
            OperatingSystem.signal(pid(), signal);
        }
        if (!awaitEnd(patience)) {
            kill();
        }
    }

    /** Ends the process and its descendants with SIGKILL, as a crash would. */
    public void kill() {
        List<ProcessHandle> descendants = handle.descendants().toList();
        handle.destroyForcibly();
        OperatingSystem.signal(pid(), "KILL");
        descendants.forEach(ProcessHandle::destroyForcibly);
        if (!awaitEnd(Duration.ofSeconds(20))) {
            throw new ServerFailedException("process " + pid() + " survives SIGKILL", null, null);
        }
        awaitUntil(
                () -> descendants.stream()
                        .noneMatch(child -> child.isAlive() && !OperatingSystem.isZombie(child.pid())),
                Duration.ofSeconds(20));
    }

    /** True if the process has ended in time. */
    public boolean awaitEnd(Duration patience) {
        return awaitUntil(() -> !isAlive(), patience);
    }

    /** True as soon as the condition holds, false if it does not in time. */
    static boolean awaitUntil(BooleanSupplier condition, Duration patience) {
        Instant deadline = Instant.now().plus(patience);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(deadline)) {
                return false;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return condition.getAsBoolean();
            }
        }
        return true;
    }

    /** Runs a short program to its end; true if it succeeded. */
    public static boolean run(List<String> command, Path folder, Path log, Duration patience, @Nullable String user) {
        List<String> wrapped = new ArrayList<>();
        if (user != null) {
            wrapped.addAll(List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups", "--"));
        }
        wrapped.addAll(command);
        try {
            Process process = new ProcessBuilder(wrapped)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new TimeoutException(command.get(0) + " takes longer than " + patience.toSeconds() + " s");
            }
            return process.exitValue() == 0;
        } catch (IOException | TimeoutException e) {
            throw new ServerFailedException("cannot run " + command.get(0), log, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerFailedException("interrupted while running " + command.get(0), log, e);
        }
    }
}
