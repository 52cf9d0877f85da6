package io.knowledgebase.local.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.documents.UploadFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {

    @TempDir
    Path folder;

    @BeforeEach
    void writeFiles() throws IOException {
        Files.createDirectories(folder.resolve("files"));
        Files.writeString(folder.resolve("files/a.txt"), "a");
        Files.writeString(folder.resolve("files/b.pdf"), "b");
    }

    @Test
    void filesAreReadInOrderWithTheirExpectationsAndSnippets() throws IOException {
        manifest("category\tpath\texpected\tnote", "x\tfiles/b.pdf\terror-encrypted\t", "", "x\tfiles/a.txt\ttext\tok");
        snippets("{\"files/a.txt\": [\"one\", \"two\"]}");

        Manifest manifest = Manifest.read(folder);

        assertThat(manifest.entries())
                .containsExactly(
                        new Manifest.Entry("files/b.pdf", Expectation.ENCRYPTED, List.of()),
                        new Manifest.Entry("files/a.txt", Expectation.TEXT, List.of("one", "two")));
        assertThat(manifest.files())
                .containsExactly(
                        new UploadFile(folder.resolve("files/b.pdf"), "files/b.pdf"),
                        new UploadFile(folder.resolve("files/a.txt"), "files/a.txt"));
    }

    @Test
    void aMissingManifestIsNamed() {
        refused("manifest.tsv is missing");
    }

    @Test
    void aManifestWithoutTheColumnsOrWithoutFilesIsRefused() throws IOException {
        manifest("path\toutcome", "files/a.txt\ttext");
        refused("manifest.tsv:1: the columns path and expected");
        manifest("path\texpected");
        refused("manifest.tsv names no file");
    }

    @Test
    void anUnknownExpectationIsToldWithItsLine() throws IOException {
        manifest("path\texpected", "files/a.txt\ttext", "files/b.pdf\ttxet");
        refused("manifest.tsv:3: the expectation 'txet' is unknown");
    }

    @Test
    void aMissingFileIsToldWithItsLine() throws IOException {
        manifest("path\texpected", "files/c.txt\ttext");
        refused("manifest.tsv:2: there is no file files/c.txt");
        manifest("path\texpected", "files\ttext");
        refused("manifest.tsv:2: there is no file files");
    }

    @Test
    void aFileThatIsThereTwiceOrALineWithTooFewColumnsIsToldWithItsLine() throws IOException {
        manifest("path\texpected", "files/a.txt\ttext", "files/a.txt\tempty");
        refused("manifest.tsv:3: files/a.txt is there twice");
        manifest("path\tnote\texpected", "files/a.txt\ttext");
        refused("manifest.tsv:2: 2 columns are too few");
    }

    @Test
    void snippetsOfAnUnknownFileOrWithoutATextAreRefused() throws IOException {
        manifest("path\texpected", "files/a.txt\ttext");
        snippets("{\"files/z.txt\": [\"one\"]}");
        refused("must_contain.json has snippets for files/z.txt, which is not in manifest.tsv");
        snippets("{\"files/a.txt\": [\" | \"]}");
        refused("must_contain.json: the snippets for files/a.txt are not a list of texts");
        snippets("{\"files/a.txt\": \"one\"}");
        refused("must_contain.json: the snippets for files/a.txt are not a list of texts");
        snippets("{\"files/a.txt\":\n [\"one\"");
        refused("must_contain.json:2: it is no JSON");
        snippets("[]");
        refused("must_contain.json:1: it is no object");
    }

    private void manifest(String... lines) throws IOException {
        Files.write(folder.resolve("manifest.tsv"), List.of(lines));
    }

    private void snippets(String json) throws IOException {
        Files.writeString(folder.resolve("must_contain.json"), json);
    }

    private void refused(String message) {
        assertThatThrownBy(() -> Manifest.read(folder)).hasMessageContaining(message);
    }
}
