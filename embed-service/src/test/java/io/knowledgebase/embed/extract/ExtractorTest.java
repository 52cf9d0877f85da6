package io.knowledgebase.embed.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.embed.extract.Extraction.Extracted;
import io.knowledgebase.embed.extract.Extraction.Rejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtractorTest {

    @TempDir
    private Path folder;

    private final Extractor extractor = new Extractor(new ExtractSettings(Duration.ofSeconds(60), 10_000));

    @AfterEach
    void close() {
        extractor.close();
    }

    @Test
    void markdownBecomesHeadingsParagraphsAndRows() throws Exception {
        Extracted extracted = extracted("guide.md", """
                ---
                owner: docs
                ---
                # Guide

                Some *emphasised* text with a [link](http://example.com).

                | port | use |
                |------|-----|
                | 80   | web |

                ## Steps

                - first
                - second
                """);

        assertThat(extracted.title()).isEqualTo("Guide");
        assertThat(extracted.blocks())
                .containsExactly(
                        new Block(0, "owner: docs", null, true),
                        new Block(1, "Guide", null, false),
                        new Block(0, "Some emphasised text with a link.", null, false),
                        new Block(0, "port | use", null, true),
                        new Block(0, "80 | web", null, true),
                        new Block(2, "Steps", null, false),
                        new Block(0, "first", null, true),
                        new Block(0, "second", null, true));
    }

    @Test
    void htmlLosesItsMarkupButKeepsItsStructure() throws Exception {
        Extracted extracted = extracted("page.html", """
                <html><head><title>The page</title><style>p {color: red}</style></head><body>
                <h1>Top</h1><p>First<br>line</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
                <script>alert('no')</script><ul><li>item</li></ul></body></html>
                """);

        assertThat(extracted.title()).isEqualTo("The page");
        assertThat(texts(extracted)).containsExactly("Top", "First\nline", "a | b", "1 | 2", "item");
        assertThat(extracted.blocks().get(0).headingLevel()).isEqualTo(1);
    }

    @Test
    void plainTextIsCutAtEmptyLines() throws Exception {
        assertThat(texts(extracted("notes.txt", "One\nline.\r\n\r\n  \r\nTwo.")))
                .containsExactly("One\nline.", "Two.");
    }

    @Test
    void otherEncodingsAreDecoded() throws Exception {
        byte[] latin = "Der Bär läuft über die Brücke und grüßt die Füchse."
                .repeat(5)
                .getBytes(Charset.forName("windows-1252"));
        byte[] utf16 = "\uFEFFVorsicht an der Brücke".getBytes(StandardCharsets.UTF_16LE);

        assertThat(texts(extracted("a.txt", latin)).get(0)).contains("Brücke und grüßt");
        assertThat(texts(extracted("b.txt", utf16))).containsExactly("Vorsicht an der Brücke");
    }

    @Test
    void typeIsDetectedFromBytesNotFromTheName() throws Exception {
        assertThat(texts(extracted("lies.pdf", "<html><body><p>Only a page</p></body></html>")))
                .containsExactly("Only a page");
    }

    @Test
    void textOverTheLimitIsCutAndSaysSo() throws Exception {
        Extracted extracted = extracted("long.txt", "many words ".repeat(5_000));

        assertThat(texts(extracted).stream().mapToInt(String::length).sum()).isLessThanOrEqualTo(10_000);
        assertThat(extracted.warnings()).containsExactly("The text was cut after 10000 characters.");
    }

    @Test
    void everyFailureHasItsReason() throws Exception {
        assertThat(reason("empty.txt", new byte[0])).isEqualTo(RejectionReason.EMPTY);
        assertThat(reason("blank.txt", "  \n \n".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(RejectionReason.NO_TEXT);
        assertThat(reason("broken.pdf", "%PDF-1.4 nothing".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(RejectionReason.CORRUPT);
        assertThat(reason("noise.bin", new byte[] {0, 1, 2, 3, (byte) 0x80, (byte) 0xFF, 7, 9, 0, 0, 1}))
                .isEqualTo(RejectionReason.UNSUPPORTED_TYPE);
    }

    @Test
    void deadlineEndsAParse() throws Exception {
        try (Extractor hasty = new Extractor(new ExtractSettings(Duration.ofMillis(1), 10_000))) {
            Extraction extraction = hasty.extract(file("slow.zip", zip()), "slow.zip");

            assertThat(extraction)
                    .isInstanceOfSatisfying(
                            Rejected.class,
                            rejected -> assertThat(rejected.reason()).isEqualTo(RejectionReason.RESOURCE_LIMIT));
        }
    }

    @Test
    void unstorableCharactersAreGone() throws Exception {
        assertThat(CleanText.of("a\0b\uD83Dc \u00AD\uD83D\uDE00")).isEqualTo("ab\uFFFDc \uD83D\uDE00");
    }

    private static byte[] zip() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < 500; i++) {
                zip.putNextEntry(new ZipEntry("page" + i + ".html"));
                zip.write("<html><body><p>Page</p></body></html>".getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toByteArray();
    }

    private Extracted extracted(String name, String text) throws Exception {
        return extracted(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private Extracted extracted(String name, byte[] content) throws Exception {
        Extraction extraction = extractor.extract(file(name, content), name);
        assertThat(extraction).isInstanceOf(Extracted.class);
        return (Extracted) extraction;
    }

    private RejectionReason reason(String name, byte[] content) throws Exception {
        Extraction extraction = extractor.extract(file(name, content), name);
        assertThat(extraction).isInstanceOf(Rejected.class);
        return ((Rejected) extraction).reason();
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    private static List<String> texts(Extracted extracted) {
        return extracted.blocks().stream().map(Block::text).toList();
    }
}
