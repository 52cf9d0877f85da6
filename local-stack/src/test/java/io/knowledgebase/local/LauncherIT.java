package io.knowledgebase.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code kb}, from jars that are built already. */
class LauncherIT {

    @TempDir
    Path folder;

    @Test
    void argumentsBeyondAsciiSurviveThePosixLocaleAndNothingIsBuiltForThem() throws Exception {
        String out = kb("token \"$(printf 'J\\303\\266rg')\"");

        String claims = out.split("\\.")[1];
        assertThat(new String(Base64.getUrlDecoder().decode(claims), StandardCharsets.UTF_8))
                .contains("\"Jörg\"");
    }

    @Test
    void helpOfTheDemonstrationProvisionsAndBuildsNothing() throws Exception {
        assertThat(kb("notion demo --help")).contains("Usage: kb notion demo").doesNotContain("pgvector");
        assertThat(folder.resolve("logs")).doesNotExist();
    }

    /** What it prints when it succeeds and builds nothing. */
    private String kb(String arguments) throws Exception {
        Path root = Path.of(System.getProperty("basedir", "."))
                .toAbsolutePath()
                .normalize()
                .getParent();
        assertThat(root.resolve("search-service/target/search-service.jar"))
                .as("built before these tests")
                .exists();
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", "exec ./kb " + arguments)
                .directory(root.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("errors").toFile());
        builder.environment().put("KB_HOME", folder.toString());
        builder.environment().put("KB_ACCESS_SECRET", "0123456789abcdef0123456789abcdef");
        builder.environment().put("LC_ALL", "C");
        Process kb = builder.start();
        assertThat(kb.waitFor(2, TimeUnit.MINUTES)).isTrue();

        String errors = Files.readString(folder.resolve("errors"));
        assertThat(kb.exitValue()).as(errors).isZero();
        assertThat(errors).doesNotContain("building");
        return Files.readString(folder.resolve("out"));
    }
}
