package io.knowledgebase.embed.parse;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.embed.parse.Extraction.Extracted;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDDocumentNameDictionary;
import org.apache.pdfbox.pdmodel.PDEmbeddedFilesNameTreeNode;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.filespecification.PDComplexFileSpecification;
import org.apache.pdfbox.pdmodel.common.filespecification.PDEmbeddedFile;
import org.apache.pdfbox.pdmodel.font.PDType1Font;
import org.apache.pdfbox.pdmodel.font.Standard14Fonts;
import org.apache.pdfbox.pdmodel.interactive.documentnavigation.outline.PDDocumentOutline;
import org.apache.pdfbox.pdmodel.interactive.documentnavigation.outline.PDOutlineItem;
import org.apache.poi.xslf.usermodel.XMLSlideShow;
import org.apache.poi.xssf.usermodel.XSSFSheet;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.apache.poi.xwpf.usermodel.XWPFDocument;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is extracted reads well. */
class GoodTextTest {

    private static final Parsing PARSING = new Parsing(100_000);

    @TempDir
    private Path folder;

    @Test
    void bookmarksOfAPdfAreItsHeadingsAndPagesItsPages() throws Exception {
        try (PDDocument pdf = new PDDocument()) {
            PDDocumentOutline outline = new PDDocumentOutline();
            pdf.getDocumentCatalog().setDocumentOutline(outline);
            PDOutlineItem chapter = bookmark("1. Timetable", page(pdf, "1 Timetable", "The ferry leaves at seven."));
            outline.addLast(chapter);
            chapter.addLast(
                    bookmark("Winter", page(pdf, "It leaves at nine from now on.", "Winter", "It stays home.")));
            pdf.getDocumentInformation().setAuthor("Anna");

            Extracted extracted = extracted("timetable.pdf", pdf::save);

            assertThat(extracted.blocks())
                    .containsExactly(
                            new Block(1, "1 Timetable", 1, false, List.of()),
                            new Block(0, "The ferry leaves at seven.", 1, false, List.of()),
                            new Block(0, "It leaves at nine from now on.", 2, false, List.of()),
                            new Block(2, "Winter", 2, false, List.of()),
                            new Block(0, "It stays home.", 2, false, List.of()));
            assertThat(extracted.metadata())
                    .containsEntry("author", "Anna")
                    .containsEntry("pageCount", 2)
                    .containsEntry("contentType", "application/pdf");
        }
    }

    @Test
    void wordsThatALineCutAreWhole() throws Exception {
        try (PDDocument pdf = new PDDocument()) {
            page(pdf, "The light-", "house keeper of Port-", "Louis writes.");

            assertThat(texts(extracted("cut.pdf", pdf::save)))
                    .containsExactly("The lighthouse keeper of Port-\nLouis writes.");
        }
    }

    @Test
    void headersAndFootersOfPagesAreGoneAfterTheFirstThree() throws Exception {
        try (PDDocument pdf = new PDDocument()) {
            for (int i = 1; i <= 6; i++) {
                page(
                        pdf,
                        "Handbook 2026",
                        "Rule " + i * i + " holds.",
                        "It holds well.",
                        "Total " + i * 10,
                        "Page " + i + " of 6");
            }

            List<Block> blocks = extracted("handbook.pdf", pdf::save).blocks();

            assertThat(text(blocks, 3))
                    .isEqualTo("Handbook 2026\nRule 9 holds.\nIt holds well.\nTotal 30\nPage 3 of 6");
            assertThat(text(blocks, 4)).isEqualTo("Rule 16 holds.\nIt holds well.\nTotal 40");
            assertThat(text(blocks, 6)).isEqualTo("Rule 36 holds.\nIt holds well.\nTotal 60");
        }
    }

    private static String text(List<Block> blocks, int page) {
        return blocks.stream()
                .filter(block -> Objects.equals(block.page(), page))
                .map(Block::text)
                .collect(Collectors.joining("\n"));
    }

    @Test
    void ligaturesAndArabicPresentationFormsAreLettersAndOtherTextIsIntact() throws Exception {
        assertThat(texts(extracted(
                        "a.txt",
                        "The o\uFB03ce \uFB01les.\n\n\uFEB3\uFEFC\uFEE1\n\nשלום עולם\n\n渡轮七点出发。"
                                .getBytes(StandardCharsets.UTF_8))))
                .containsExactly("The office files.", "سلام", "שלום עולם", "渡轮七点出发。");
    }

    @Test
    void encodingsThatSayNothingOfThemselvesAreDecoded() throws Exception {
        String text = "The ferry leaves at seven in the morning, and nobody is on board but the keeper. ".repeat(8);

        for (String charset : List.of("UTF-16LE", "UTF-16BE", "IBM500")) {
            assertThat(String.join(" ", texts(extracted("a.txt", text.getBytes(Charset.forName(charset))))))
                    .as(charset)
                    .contains("nobody is on board");
        }
    }

    @Test
    void namesOfEntriesAreDecodedAndStandInFrontOfTheirText() throws Exception {
        Extracted extracted = extracted("archive.zip", bytes -> {
            try (ZipOutputStream zip = new ZipOutputStream(bytes, Charset.forName("Shift_JIS"))) {
                zip.putNextEntry(new ZipEntry("フェリーの時刻表/冬の予定.txt"));
                zip.write("Seven.".getBytes(StandardCharsets.UTF_8));
            }
        });

        assertThat(extracted.blocks())
                .containsExactly(
                        new Block(0, "Seven.", null, false, List.of(new Block.Part(1, "フェリーの時刻表/冬の予定.txt", true))));
    }

    @Test
    void mailShowsItsHeaderAndNamesItsAttachments() throws Exception {
        Extracted extracted = extracted("mail.eml", """
                From: Anna <anna@example.org>
                To: Bert <bert@example.org>
                Date: Tue, 24 Nov 2026 07:00:00 +0000
                Subject: Timetable
                MIME-Version: 1.0
                Content-Type: multipart/mixed; boundary=x

                --x
                Content-Type: text/plain

                See the attachment.
                --x
                Content-Type: text/html; name=winter.html
                Content-Disposition: attachment; filename=winter.html

                <h1>Winter</h1><ul><li>Nine.</li></ul>
                --x--
                """.getBytes(StandardCharsets.UTF_8));

        assertThat(texts(extracted))
                .containsExactly(
                        "From: Anna <anna@example.org>",
                        "To: Bert <bert@example.org>",
                        "Date: 2026-11-24T07:00:00Z",
                        "Subject: Timetable",
                        "See the attachment.",
                        "Winter",
                        "- Nine.");
        assertThat(extracted.blocks().get(5).part()).containsExactly(new Block.Part(1, "winter.html", true));
        assertThat(extracted.title()).isEqualTo("Timetable");
    }

    @Test
    void mailsOfOneSubjectAreTwoParts() throws Exception {
        String mail = """
                From anna@example.org Tue Nov 24 07:00:00 2026
                From: Anna <anna@example.org>
                Date: Tue, 24 Nov 2026 07:00:00 +0000
                Subject: Timetable

                Seven.

                """;

        Extracted extracted = extracted("mails.mbox", (mail + mail).getBytes(StandardCharsets.UTF_8));

        assertThat(extracted.blocks())
                .filteredOn(block -> block.text().equals("Seven."))
                .extracting(Block::part)
                .containsExactly(
                        List.of(new Block.Part(1, "Timetable", true)), List.of(new Block.Part(2, "Timetable", true)));
    }

    @Test
    void slidesAndSheetsHaveNames() throws Exception {
        try (XMLSlideShow show = new XMLSlideShow();
                XSSFWorkbook book = new XSSFWorkbook()) {
            show.createSlide().createTextBox().setText("Welcome");
            show.createSlide().createTextBox().setText("The ferry");
            XSSFSheet sheet = book.createSheet("Prices");
            sheet.createRow(0).createCell(0).setCellValue("Ticket");
            sheet.getRow(0).createCell(1).setCellValue("12");
            book.createSheet("Empty");

            assertThat(extracted("show.pptx", show::write).blocks())
                    .containsExactly(
                            new Block(1, "Slide 1", 1, false, List.of()),
                            new Block(0, "Welcome", 1, false, List.of()),
                            new Block(1, "Slide 2", 2, false, List.of()),
                            new Block(0, "The ferry", 2, false, List.of()));
            assertThat(texts(extracted("book.xlsx", book::write))).containsExactly("Prices", "Ticket | 12");
        }
    }

    @Test
    void valuesStayInTheirColumns() throws Exception {
        assertThat(texts(extracted("table.html", """
                        <table><tr><th>Name</th><th>Phone</th><th>City</th></tr>
                        <tr><td>Ann</td><td></td><td>Rome</td></tr>
                        <tr><td></td><td>12</td><td></td></tr>
                        <tr><td></td><td></td><td></td></tr></table>
                        """))).containsExactly("Name | Phone | City", "Ann | | Rome", "| 12");
        try (XSSFWorkbook book = new XSSFWorkbook()) {
            XSSFSheet sheet = book.createSheet("Prices");
            sheet.createRow(0).createCell(0).setCellValue("Ticket");
            sheet.getRow(0).createCell(2).setCellValue("12");

            Extracted extracted = extracted("book.xlsx", book::write);

            assertThat(texts(extracted)).containsExactly("Prices", "Ticket | | 12");
            assertThat(extracted.title()).as("a sheet's name is no title").isNull();
        }
    }

    @Test
    void whatIsAttachedToAPdfStandsUnderNoneOfItsHeadings() throws Exception {
        try (PDDocument pdf = new PDDocument()) {
            PDDocumentOutline outline = new PDDocumentOutline();
            pdf.getDocumentCatalog().setDocumentOutline(outline);
            outline.addLast(bookmark("Winter", page(pdf, "Winter", "It stays home.")));
            PDEmbeddedFile content = new PDEmbeddedFile(
                    pdf, new ByteArrayInputStream("A ticket costs 12.".getBytes(StandardCharsets.UTF_8)));
            PDComplexFileSpecification file = new PDComplexFileSpecification();
            file.setFile("prices.txt");
            file.setEmbeddedFile(content);
            PDEmbeddedFilesNameTreeNode files = new PDEmbeddedFilesNameTreeNode();
            files.setNames(Map.of("prices.txt", file));
            PDDocumentNameDictionary names = new PDDocumentNameDictionary(pdf.getDocumentCatalog());
            names.setEmbeddedFiles(files);
            pdf.getDocumentCatalog().setNames(names);

            assertThat(extracted("attached.pdf", pdf::save).blocks())
                    .last()
                    .isEqualTo(new Block(
                            0, "A ticket costs 12.", null, false, List.of(new Block.Part(1, "prices.txt", false))));
        }
    }

    @Test
    void whatCouldNotBeReadIsTold() throws Exception {
        assertThat(extracted(
                                "page.html",
                                "<meta charset=utf-8><p>The ferry leaves."
                                        .concat("\u00e9".repeat(20))
                                        .getBytes(StandardCharsets.ISO_8859_1))
                        .warnings())
                .singleElement()
                .asString()
                .contains("20 could not be decoded");
        assertThat(extracted("archive.zip", bytes -> {
                            try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
                                zip.putNextEntry(new ZipEntry("unknown.bin"));
                                zip.write(new byte[] {0, 1, 2});
                            }
                        })
                        .warnings())
                .singleElement()
                .asString()
                .contains("Parts without text that can be read: 1");
    }

    @Test
    void stylesAndScriptsOfASavedWebPageAreNoText() throws Exception {
        assertThat(texts(extracted("page.mht", """
                        From: <saved>
                        Subject: Timetable
                        MIME-Version: 1.0
                        Content-Type: multipart/related; boundary=x

                        --x
                        Content-Type: text/html

                        <p>Seven.</p>
                        --x
                        Content-Type: text/css
                        Content-Location: style.css

                        a:hover { color: red }
                        --x
                        Content-Type: text/javascript
                        Content-Disposition: attachment; filename=timer.js

                        var departure = 7;
                        --x--
                        """.getBytes(StandardCharsets.UTF_8))))
                .contains("Seven.", "var departure = 7;")
                .noneMatch(text -> text.contains("hover"));
    }

    @Test
    void sheetsAndSlidesOfOpenDocumentsHaveNames() throws Exception {
        byte[] book = openDocument("spreadsheet", """
                <office:spreadsheet>
                  <table:table table:name="Empty"><table:table-row><table:table-cell/></table:table-row></table:table>
                  <table:table table:name="Prices &amp; times">
                    <table:table-row>
                      <table:table-cell><text:p>Ticket</text:p></table:table-cell>
                      <table:table-cell><text:p>12</text:p></table:table-cell>
                    </table:table-row>
                  </table:table>
                </office:spreadsheet>
                """);
        byte[] show = openDocument("presentation", """
                <office:presentation>
                  <draw:page><draw:frame><draw:text-box><text:p>Welcome</text:p></draw:text-box></draw:frame></draw:page>
                  <draw:page><draw:frame><draw:text-box><text:p>The ferry</text:p></draw:text-box></draw:frame></draw:page>
                </office:presentation>
                """);

        assertThat(texts(extracted("book.ods", book))).containsExactly("Prices & times", "Ticket | 12");
        assertThat(extracted("show.odp", show).blocks())
                .containsExactly(
                        new Block(1, "Slide 1", 1, false, List.of()),
                        new Block(0, "Welcome", 1, false, List.of()),
                        new Block(1, "Slide 2", 2, false, List.of()),
                        new Block(0, "The ferry", 2, false, List.of()));
    }

    private static byte[] openDocument(String kind, String body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("mimetype"));
            zip.write(("application/vnd.oasis.opendocument." + kind).getBytes(StandardCharsets.UTF_8));
            zip.putNextEntry(new ZipEntry("content.xml"));
            zip.write("""
                    <?xml version="1.0" encoding="UTF-8"?>
                    <office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
                        xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
                        xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
                        xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0">
                      <office:body>%s</office:body>
                    </office:document-content>
                    """.formatted(body).getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void whatADocumentSaysOfItselfIsKept() throws Exception {
        try (XWPFDocument document = new XWPFDocument()) {
            document.getProperties().getCoreProperties().setTitle("Annual report");
            document.getProperties().getCoreProperties().setCreator("Anna");
            document.getProperties().getCoreProperties().setCreated("2026-01-02T03:04:05Z");
            document.createParagraph().createRun().setText("Revenue grew.");

            Extracted extracted = extracted("report.docx", document::write);

            assertThat(extracted.title()).isEqualTo("Annual report");
            assertThat(extracted.metadata())
                    .containsAllEntriesOf(Map.of("author", "Anna", "created", "2026-01-02T03:04:05Z"));
        }
    }

    @Test
    void whatASiteShowsOnEachPageIsGoneUnlessThereIsNothingElse() throws Exception {
        String menu = "<nav><ul><li><a href=/>Home</a></li></ul></nav>";

        assertThat(texts(extracted("page.html", "<html><body>" + menu + "<p>The text.</p></body></html>")))
                .containsExactly("The text.");
        assertThat(texts(extracted("menu.html", "<html><body>" + menu + "</body></html>")))
                .containsExactly("- Home");
    }

    @Test
    void termsStandWithTheirDescriptions() throws Exception {
        assertThat(texts(extracted(
                        "terms.html", "<dl><dt>Pier</dt><dd>Where it lands</dd><dt>Quay:</dt><dd>Too</dd></dl>")))
                .containsExactly("Pier: Where it lands", "Quay: Too");
    }

    private static PDPage page(PDDocument pdf, String... lines) throws IOException {
        PDPage page = new PDPage();
        pdf.addPage(page);
        try (PDPageContentStream content = new PDPageContentStream(pdf, page)) {
            content.beginText();
            content.setFont(new PDType1Font(Standard14Fonts.FontName.HELVETICA), 12);
            content.setLeading(14);
            content.newLineAtOffset(100, 700);
            for (String line : lines) {
                content.showText(line);
                content.newLine();
            }
            content.endText();
        }
        return page;
    }

    private static PDOutlineItem bookmark(String title, PDPage page) {
        PDOutlineItem item = new PDOutlineItem();
        item.setTitle(title);
        item.setDestination(page);
        return item;
    }

    /** Writes a file. */
    private interface Writing {

        void to(OutputStream target) throws IOException;
    }

    private Extracted extracted(String name, Writing writing) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writing.to(bytes);
        return extracted(name, bytes.toByteArray());
    }

    private Extracted extracted(String name, String text) throws Exception {
        return extracted(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private Extracted extracted(String name, byte[] content) throws Exception {
        Extraction extraction = PARSING.extract(Files.write(folder.resolve(name), content), name);
        assertThat(extraction).isInstanceOf(Extracted.class);
        return (Extracted) extraction;
    }

    private static List<String> texts(Extracted extracted) {
        return new ArrayList<>(extracted.blocks().stream().map(Block::text).toList());
    }
}
