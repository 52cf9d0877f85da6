package io.knowledgebase.local.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessIT {

    @TempDir
    Path folder;

    @Test
    void isFoundAgainByItsPidFileUntilItEnds() {
        Path pidFile = folder.resolve("run/sleeper.pid");
        ChildProcess sleeper = start(Lifetime.DETACHED, "sleep", "600").remember(pidFile);
        assertThat(ChildProcess.recall(pidFile).map(ChildProcess::pid)).hasValue(sleeper.pid());
        sleeper.stop(Duration.ofSeconds(10));
        assertThat(ChildProcess.recall(pidFile)).isEmpty();
    }

    @Test
    void isNotMistakenForAnotherProcessWithItsPid() throws Exception {
        Path pidFile = folder.resolve("recycled.pid");
        Files.writeString(pidFile, ProcessHandle.current().pid() + " 1000\n");
        assertThat(ChildProcess.recall(pidFile)).isEmpty();
    }

    @Test
    void isKilledWhenItIgnoresTheRequestToEnd() {
        ChildProcess stubborn =
                start(Lifetime.DETACHED, "sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done");
        assertThat(ChildProcess.awaitUntil(() -> logged().contains("deaf"), Duration.ofSeconds(10)))
                .isTrue();
        stubborn.stop(Duration.ofMillis(200));
        assertThat(stubborn.isAlive()).isFalse();
    }

    @Test
    void endsWithAParentThatIsKilled() throws Exception {
        Path pidFile = folder.resolve("grandchild.pid");
        ChildProcess parent = start(
                Lifetime.DETACHED,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName(),
                folder.toString(),
                pidFile.toString());
        assertThat(ChildProcess.awaitUntil(() -> ChildProcess.recall(pidFile).isPresent(), Duration.ofSeconds(30)))
                .as(logged())
                .isTrue();
        ChildProcess grandchild = ChildProcess.recall(pidFile).orElseThrow();

        ProcessHandle.of(parent.pid()).ifPresent(ProcessHandle::destroyForcibly);

        assertThat(grandchild.awaitEnd(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void nothingIsStartedAndWrittenDownAfterTheEndHasBegun() throws Exception {
        Path pidFile = folder.resolve("late.pid");
        Process ending = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Ending.class.getName(),
                        folder.toString(),
                        pidFile.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        assertThat(ending.waitFor()).as(logged()).isZero();
        assertThat(pidFile).doesNotExist();
    }

    /** Ends as a command does that is interrupted while it starts things. */
    static final class Ending {
        public static void main(String[] arguments) {
            Path folder = Path.of(arguments[0]);
            Path pidFile = Path.of(arguments[1]);
            long before = start(folder, folder.resolve("early.pid")).pid();
            if (!ChildProcess.startNoMore().equals(Set.of(before))) {
                System.exit(2);
            }
            try {
                start(folder, pidFile);
                System.exit(3);
            } catch (ServerFailedException expected) {
                System.exit(0);
            }
        }

        private static ChildProcess start(Path folder, Path pidFile) {
            return ChildProcess.start(
                    List.of("sleep", "600"),
                    folder,
                    Map.of(),
                    folder.resolve("child.log"),
                    Lifetime.OF_PARENT,
                    null,
                    pidFile);
        }
    }

    /** Starts a child and lives until it is killed. */
    static final class Parent {
        public static void main(String[] arguments) throws InterruptedException {
            Path folder = Path.of(arguments[0]);
            ChildProcess.start(
                            List.of("sleep", "600"),
                            folder,
                            Map.of(),
                            folder.resolve("child.log"),
                            Lifetime.OF_PARENT,
                            Optional.ofNullable(OperatingSystem.postgresUser()).orElse(null))
                    .remember(Path.of(arguments[1]));
            Thread.currentThread().join();
        }
    }

    private ChildProcess start(Lifetime lifetime, String... command) {
        return ChildProcess.start(List.of(command), Path.of("/"), Map.of(), folder.resolve("log"), lifetime, null);
    }

    private String logged() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (java.io.IOException e) {
            return "";
        }
    }
}
