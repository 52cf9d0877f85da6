package io.knowledgebase.local.notion;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.Kb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The demonstration as its users run it: another process, real servers, the real jars of the services. */
class NotionDemoIT {

    private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

    @Test
    void demonstrationEndsEqualAndLeavesNothingBehind() throws Exception {
        Set<Path> before = temporaryStacks();
        Path root = Path.of(System.getProperty("basedir", "."))
                .toAbsolutePath()
                .normalize()
                .getParent();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dkb.root=" + root,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Kb.class.getName(),
                        "notion",
                        "demo",
                        "--check",
                        "--pages",
                        "30",
                        "--edits",
                        "100")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output)
                .contains("after the first sync workspace and index are equal: 60 pages")
                .contains("after the reconciliation workspace and index are equal")
                .contains("all of it took");
        assertThat(temporaryStacks()).isSubsetOf(before);
    }

    private static Set<Path> temporaryStacks() throws IOException {
        try (Stream<Path> files = Files.list(TEMPORARY)) {
            return files.filter(file -> file.getFileName().toString().startsWith("kb-stack-"))
                    .collect(Collectors.toSet());
        }
    }
}
