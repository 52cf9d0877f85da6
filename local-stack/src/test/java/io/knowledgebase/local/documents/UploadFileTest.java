package io.knowledgebase.local.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadFileTest {

    @TempDir
    Path folder;

    @Test
    void aFileOfAFolderIsKnownByItsPathAndAnyOtherByItsName() throws Exception {
        file("docs/guide/start.md");
        file("docs/index.md");
        file("docs/.git/config");
        file("docs/.hidden");
        Path single = file("elsewhere/.env.example");
        UploadFile.Found found = UploadFile.find(List.of(folder.resolve("docs"), single), "wiki/");
        assertThat(found.leftOut()).isEqualTo(2);
        assertThat(found.files())
                .extracting(UploadFile::externalId)
                .containsExactly("wiki/guide/start.md", "wiki/index.md", "wiki/.env.example");
    }

    @Test
    void twoFilesThatWouldBeOneDocumentAreRefused() throws Exception {
        Path one = file("a/readme.md");
        Path other = file("b/readme.md");
        assertThatThrownBy(() -> UploadFile.find(List.of(one, other), ""))
                .hasMessageContaining("same document readme.md");
    }

    @Test
    void aPathThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> UploadFile.find(List.of(folder.resolve("missing")), ""))
                .hasMessageContaining("cannot be read");
    }

    private Path file(String name) throws Exception {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "text");
    }
}
