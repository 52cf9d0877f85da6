package io.knowledgebase.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A demonstration as its users run it: another process, real servers, the real jars of the services. */
public final class Demonstration {

    private static final Path TEMPORARY = Path.of(System.getProperty("java.io.tmpdir"));

    private Demonstration() {}

    /** Runs one that succeeds and leaves nothing behind; answers what it printed. */
    public static String run(String... arguments) throws IOException, InterruptedException {
        Set<Path> before = temporaryFolders();
        Path root = Path.of(System.getProperty("basedir", "."))
                .toAbsolutePath()
                .normalize()
                .getParent();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dkb.root=" + root,
                "-cp",
                System.getProperty("java.class.path"),
                Kb.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(temporaryFolders()).isSubsetOf(before);
        return output;
    }

    private static Set<Path> temporaryFolders() throws IOException {
        try (Stream<Path> files = Files.list(TEMPORARY)) {
            return files.filter(file -> file.getFileName().toString().matches("kb-(stack|cutover-demo)-.*"))
                    .collect(Collectors.toSet());
        }
    }
}
