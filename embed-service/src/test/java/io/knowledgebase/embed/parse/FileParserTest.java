package io.knowledgebase.embed.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.embed.parse.Extraction.Extracted;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.font.PDType1Font;
import org.apache.pdfbox.pdmodel.font.Standard14Fonts;
import org.apache.tika.exception.TikaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.helpers.AttributesImpl;

class FileParserTest {

    @TempDir
    private Path folder;

    private static final Parsing PARSING = new Parsing(10_000);

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
                        block(0, "owner: docs", true),
                        block(1, "Guide", false),
                        block(0, "Some emphasised text with a link.", false),
                        block(0, "port | use", true),
                        block(0, "80 | web", true),
                        block(2, "Steps", false),
                        block(0, "- first", true),
                        block(0, "- second", true));
    }

    @Test
    void htmlLosesItsMarkupButKeepsItsStructure() throws Exception {
        Extracted extracted = extracted("page.html", """
                <html><head><title>The page</title><style>p {color: red}</style></head><body>
                <h1>Top</h1><p>First<br>line</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
                <script>alert('no')</script><ul><li>item</li></ul></body></html>
                """);

        assertThat(extracted.title()).isEqualTo("The page");
        assertThat(texts(extracted)).containsExactly("Top", "First\nline", "a | b", "1 | 2", "- item");
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
        assertThat(extracted.warnings()).containsExactly("The text was cut: the first 10000 characters were kept.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"padded.txt", "padded.md"})
    void whiteSpaceThatIsFoldedDoesNotHideThatTextWasCut(String name) throws Exception {
        assertThat(extracted(name, ("word" + " ".repeat(50)).repeat(1_000)).warnings())
                .singleElement()
                .asString()
                .startsWith("The text was cut: the first ");
    }

    @Test
    void everyFailureHasItsReason() throws Exception {
        assertThat(reason("blank.txt", "  \n \n".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(RejectionReason.NO_TEXT);
        assertThat(reason("broken.pdf", "%PDF-1.4 nothing".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(RejectionReason.CORRUPT);
        assertThat(reason("noise.bin", new byte[] {0, 1, 2, 3, (byte) 0x80, (byte) 0xFF, 7, 9, 0, 0, 1}))
                .isEqualTo(RejectionReason.UNSUPPORTED_TYPE);
    }

    @Test
    void failureOfTheDiskIsNotTheDocumentsFault() throws Exception {
        for (IOException failure : List.of(
                new IOException("No space left on device"),
                new FileNotFoundException("/tmp/apache-tika-1.tmp (No space left on device)"),
                new FileSystemException("/tmp/apache-tika-1.tmp", null, "Disk quota exceeded"))) {
            assertThatThrownBy(() -> Rejections.of(new TikaException("cannot parse", failure)))
                    .isInstanceOf(IOException.class)
                    .hasRootCause(failure);
        }
        // Nobody else is in the worker: what it runs out of is the document's doing, and is not to be tried for ever.
        assertThat(Rejections.of(new FileSystemException("/tmp/a.tmp", null, "Too many open files"))
                        .reason())
                .isEqualTo(RejectionReason.RESOURCE_LIMIT);
        assertThat(Rejections.of(new AccessDeniedException("/root/.cache")).reason())
                .isEqualTo(RejectionReason.CORRUPT);
    }

    @Test
    void namesOfPartsInWarningsAreCleanAndShort() throws Exception {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(archive)) {
            zip.putNextEntry(new ZipEntry("a.txt"));
            zip.write("Sound.".getBytes(StandardCharsets.UTF_8));
            zip.putNextEntry(new ZipEntry("n\0" + "ame".repeat(10_000) + ".pdf"));
            zip.write("%PDF-1.4 nothing".getBytes(StandardCharsets.UTF_8));
        }

        assertThat(extracted("names.zip", archive.toByteArray()).warnings())
                .hasSize(1)
                .allSatisfy(warning -> assertThat(warning).doesNotContain("\0").hasSizeLessThan(300));
    }

    @Test
    void partsThatCannotBeReadAreTold() throws Exception {
        byte[] archive = zip(3);
        encryptAllButOne(archive);
        ByteArrayOutputStream outer = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(outer)) {
            zip.putNextEntry(new ZipEntry("inner.zip"));
            zip.write(archive);
            zip.putNextEntry(new ZipEntry("broken.pdf"));
            zip.write("%PDF-1.4 nothing".getBytes(StandardCharsets.UTF_8));
        }

        assertThat(extracted("sound.zip", zip(3)).warnings()).isEmpty();
        assertThat(extracted("some.zip", archive).warnings())
                .containsExactly("Parts that could not be read: 2: page1.html (encrypted); page2.html (encrypted).");
        assertThat(extracted("outer.zip", outer.toByteArray()).warnings())
                .containsExactly("Parts that could not be read: 3: inner.zip › page1.html (encrypted);"
                        + " inner.zip › page2.html (encrypted); broken.pdf (damaged).");
    }

    @Test
    void partCutAtTheLimitWasRead() throws Exception {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(archive)) {
            zip.putNextEntry(new ZipEntry("long.txt"));
            zip.write("many words ".repeat(5_000).getBytes(StandardCharsets.UTF_8));
        }

        assertThat(extracted("long.zip", archive.toByteArray()).warnings())
                .containsExactly("The text was cut: the first 10000 characters were kept.");
    }

    @Test
    void emptyLinesAreNoDeeperThanOthers() throws Exception {
        assertThat(texts(extracted("gap.txt", "One." + "\n".repeat(9_000) + "Two.")))
                .containsExactly("One.", "Two.");
    }

    @Test
    void linesOfWindowsAreOneParagraph() throws Exception {
        assertThat(texts(extracted("windows.txt", "One\r\nparagraph.\r\n\r\nAnother\r\none.")))
                .containsExactly("One\nparagraph.", "Another\none.");
    }

    @Test
    @Timeout(20)
    void markdownLosesCommentsAndTagsOnly() throws Exception {
        assertThat(texts(extracted("notes.md", """
                <!-- note
                > hidden --> visible <b>text</b>

                <div>1 < 2</div>

                <!-- never closed <p>hidden</p>
                """))).containsExactly("visible text", "1 < 2");

        List<Block> blocks = new ArrayList<>();
        MarkdownStructure.read("<div>" + "<".repeat(500_000) + "\n\nEnd", blocks(1_000_000, blocks));
        assertThat(blocks).hasSize(2);
    }

    @Test
    void blocksOfAPageDoNotRunTogether() throws Exception {
        Extracted extracted = extracted(
                "minified.html",
                "<html><head><style>p{}</style><script>no()</script></head>"
                        + "<body><div class=\"page\">Price<div>10 <b>E</b>UR</div></div><script>no()</script>"
                        + "<section>A</section><section>B</section><style>p{}</style><main>C<aside>D</aside></main>"
                        + "<select><option>E<option>F</select></body></html>");

        assertThat(texts(extracted)).containsExactly("Price", "10 EUR", "A", "B", "C", "D", "E", "F");
        assertThat(extracted.blocks())
                .allSatisfy(block -> assertThat(block.page()).isNull());
    }

    @Test
    void cellsBeforeATableOrAListWithinTheRowAreKept() throws Exception {
        assertThat(texts(extracted(
                        "nested.html",
                        "<html><body><table><tr><td>a</td><td>b<table><tr><td>c</td><td>d</td>"
                                + "</tr></table>e</td><td>f</td></tr><tr><td>g</td><td><ul><li>h</li></ul></td></tr></table>"
                                + "</body></html>")))
                .containsExactly("a", "b", "c | d", "e | f", "g", "- h");
    }

    @ParameterizedTest
    @ValueSource(strings = {"p", "tr", "h1", "td", "br"})
    void endlessElementIsCutWhileItIsRead(String element) {
        BlockCollector blocks = blocks(10_000, new ArrayList<>());
        XhtmlStructure structure = new XhtmlStructure(blocks, false, false, PdfOutline.NONE);
        char[] text = "many words ".repeat(10).toCharArray();

        assertThatThrownBy(() -> {
                    structure.startElement("", "tr", "tr", new AttributesImpl());
                    structure.startElement("", element, element, new AttributesImpl());
                    for (int i = 0; i < 10_000 / text.length + 2; i++) {
                        structure.characters(text, 0, text.length);
                        if (element.equals("td")) {
                            structure.endElement("", "td", "td");
                        }
                    }
                })
                .isInstanceOf(XhtmlStructure.LimitReached.class);
        assertThat(blocks.isFull()).isTrue();
    }

    @Test
    void unstorableCharactersAreGone() throws Exception {
        assertThat(CleanText.of("a\0b\uD83Dc \u00AD\uD83D\uDE00")).isEqualTo("ab\uFFFDc \uD83D\uDE00");
    }

    private static void encryptAllButOne(byte[] zip) {
        setFlag(zip, "PK\1\2", 8);
        setFlag(zip, "PK\3\4", 6);
    }

    @ParameterizedTest
    @ValueSource(strings = {"report.pdf", "pages.zip", "letter.rtf"})
    void aFileWhoseEndIsMissingIsCorruptAndNotHalfIndexed(String name) throws Exception {
        byte[] whole = switch (name) {
            case "report.pdf" -> pdf(20);
            case "pages.zip" -> zip(20);
            default ->
                ("{\\rtf1\\ansi A \\{brace\\} and {\\b some bold} words." + "\\par {\\i More.}".repeat(50) + "}")
                        .getBytes(StandardCharsets.US_ASCII);
        };

        assertThat(extracted(name, whole).blocks()).isNotEmpty();
        for (int percent = 10; percent < 100; percent += 10) {
            Extraction cutOff = PARSING.extract(file(name, Arrays.copyOf(whole, whole.length * percent / 100)), name);
            assertThat(cutOff).as(percent + " %").isInstanceOfSatisfying(Rejected.class, rejected -> {
                assertThat(rejected.reason()).isEqualTo(RejectionReason.CORRUPT);
                assertThat(rejected.detail()).contains("cut off");
            });
        }
    }

    @Test
    void whatFollowsTheEndOfAPdfDoesNoHarm() throws Exception {
        byte[] pdf = pdf(1);
        byte[] page = "<html> no PDF object".repeat(6_000).getBytes(StandardCharsets.US_ASCII);
        byte[] both = Arrays.copyOf(pdf, pdf.length + page.length);
        System.arraycopy(page, 0, both, pdf.length, page.length);

        assertThat(texts(extracted("downloaded.pdf", both))).isEqualTo(texts(extracted("report.pdf", pdf)));
    }

    private static byte[] pdf(int pages) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PDDocument document = new PDDocument()) {
            for (int i = 0; i < pages; i++) {
                PDPage page = new PDPage();
                document.addPage(page);
                try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                    content.beginText();
                    content.setFont(new PDType1Font(Standard14Fonts.FontName.HELVETICA), 12);
                    content.newLineAtOffset(100, 700);
                    content.showText("What page " + i + " says.");
                    content.endText();
                }
            }
            document.save(bytes);
        }
        return bytes.toByteArray();
    }

    /** Sets the flag of encryption in all headers of a kind but the first. */
    private static void setFlag(byte[] zip, String header, int offset) {
        String bytes = new String(zip, StandardCharsets.ISO_8859_1);
        for (int at = bytes.indexOf(header); at >= 0; at = bytes.indexOf(header, at + 1)) {
            zip[at + offset] |= (byte) (at == bytes.indexOf(header) ? 0 : 1);
        }
    }

    private static byte[] zip(int pages) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < pages; i++) {
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
        Extraction extraction = PARSING.extract(file(name, content), name);
        assertThat(extraction).isInstanceOf(Extracted.class);
        return (Extracted) extraction;
    }

    private RejectionReason reason(String name, byte[] content) throws Exception {
        Extraction extraction = PARSING.extract(file(name, content), name);
        assertThat(extraction).isInstanceOf(Rejected.class);
        return ((Rejected) extraction).reason();
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    private static BlockCollector blocks(int maxCharacters, List<Block> target) {
        return new BlockCollector(maxCharacters, new BombFuse(maxCharacters), target::add);
    }

    private static Block block(int headingLevel, String text, boolean line) {
        return new Block(headingLevel, text, null, line, List.of());
    }

    private static List<String> texts(Extracted extracted) {
        return extracted.blocks().stream().map(Block::text).toList();
    }
}
