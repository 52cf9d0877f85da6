package io.knowledgebase.embed.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.embed.parse.Extraction;
import io.knowledgebase.embed.parse.Extraction.Extracted;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files that mean harm, made by hand, and what is to become of each. */
enum Attack {
    ZIP_BOMB_NESTED_TEN_DEEP(
            "bomb.zip", () -> nested(10, 4, zip("zeros.bin", new byte[20_000_000])), is(RejectionReason.BOMB)),
    ARCHIVE_IN_ITSELF_WITHOUT_END(
            "droste.zip", () -> nested(15, 1, zip("inner.txt", text("The innermost."))), is(RejectionReason.BOMB)),
    GZIP_OF_ONE_LETTER("letters.gz", () -> gzip(text("a".repeat(20_000_000))), is(RejectionReason.BOMB)),
    MANY_ENTRIES_OF_THE_SAME_TEXT("entries.zip", Attack::manyEntries, isCut()),
    XML_ENTITIES_OF_ENTITIES("laughs.xml", () -> text(laughs("<lolz>&lol9;</lolz>")), isRejected()),
    ENTITIES_OF_ENTITIES_IN_A_WORD_DOCUMENT(
            "laughs.docx",
            () -> docx(
                    laughs(
                            "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>&lol9;</w:t></w:r></w:p></w:body></w:document>")),
            isRejected()),
    ENTITIES_OF_ENTITIES_IN_A_PICTURE(
            "laughs.svg",
            () -> text(laughs("<svg xmlns=\"http://www.w3.org/2000/svg\"><text>&lol9;</text></svg>")),
            isRejected()),
    PDF_PAGE_TREE_IN_A_CIRCLE(
            "circle.pdf",
            () -> pdf("<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>", "", "/F1 12 Tf (Round) Tj"),
            isHarmless()),
    PDF_FORM_THAT_DRAWS_ITSELF(
            "form.pdf", () -> pdf("<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "", "/X1 Do (Again) Tj"), isHarmless()),
    PDF_OUTLINE_IN_A_CIRCLE(
            "outline.pdf",
            () -> pdf("<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "/Outlines 7 0 R", "(Outlined) Tj"),
            isHarmless()),
    PDF_OF_100000_PAGES_THAT_IT_DOES_NOT_HAVE(
            "pages.pdf",
            () -> pdf("<< /Type /Pages /Kids [3 0 R] /Count 100000 >>", "", "(One page) Tj"),
            isExtracted()),
    TEN_MILLION_CHARACTERS_WITHOUT_A_SPACE("word.txt", () -> text("a".repeat(10_000_000)), isCut()),
    TWO_MILLION_CHARACTERS_OF_HTML_WITHOUT_A_SPACE(
            "word.html",
            () -> text("<html><body><p>" + "a<b>b</b>".repeat(200_000) + "</p></body></html>"),
            isHarmless()),
    TEN_MILLION_CHARACTERS_OF_MARKDOWN_WITHOUT_A_SPACE(
            "word.md", () -> text("[".repeat(5_000_000) + "*_`".repeat(1_000_000)), isWhatever()),
    TEN_THOUSAND_ELEMENTS_DEEP(
            "deep.html", () -> text("<html><body>" + "<div>".repeat(100_000) + "Deep"), isHarmless()),
    ENTRIES_THAT_CLIMB_OUT("climb.zip", Attack::climbing, isExtracted()),
    RTF_OF_NOTHING_BUT_GROUPS(
            "groups.rtf", () -> text("{\\rtf1" + "{".repeat(1_000_000) + "}".repeat(1_000_000) + "}"), isHarmless()),
    NOISE_THAT_SAYS_IT_IS_A_PDF("noise.pdf", () -> noise("%PDF-1.7\n"), isRejected()),
    NOISE_THAT_SAYS_IT_IS_A_ZIP("noise.zip", () -> noise("PK\3\4"), isRejected()),
    NOISE_THAT_SAYS_IT_IS_AN_OLE_FILE(
            "noise.doc", () -> noise("\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1"), isRejected()),
    MILLIONS_OF_PARAGRAPHS_OF_ONE_LETTER("letters.txt", () -> text("a\n\n".repeat(2_000_000)), isCutAfter(500_000)),
    FILE_THAT_ENDS_THE_WORKER("exit.probe", () -> ExtractorIT.probe("exit"), is(RejectionReason.RESOURCE_LIMIT)),
    FILE_THAT_FILLS_THE_DISK("fill.probe", () -> ExtractorIT.probe("fill"), is(RejectionReason.RESOURCE_LIMIT)),
    FILE_THAT_TAKES_ALL_MEMORY(
            "allocate.probe", () -> ExtractorIT.probe("allocate"), is(RejectionReason.RESOURCE_LIMIT));

    private final String fileName;
    private final Supplier<byte[]> content;
    private final Consumer<Extraction> expected;

    Attack(String fileName, Supplier<byte[]> content, Consumer<Extraction> expected) {
        this.fileName = fileName;
        this.content = content;
        this.expected = expected;
    }

    String fileName() {
        return fileName;
    }

    byte[] content() {
        return content.get();
    }

    Consumer<Extraction> expected() {
        return expected;
    }

    /** Files that ask for something from an address. */
    enum Fetching {
        EXTERNAL_ENTITY("entity.xml") {
            @Override
            byte[] content(String address) {
                return text("<!DOCTYPE a [<!ENTITY e SYSTEM \"" + address + "e\">]><a>Text &e;</a>");
            }
        },
        EXTERNAL_DTD("dtd.xml") {
            @Override
            byte[] content(String address) {
                return text("<!DOCTYPE a SYSTEM \"" + address + "a.dtd\"><a>Text</a>");
            }
        },
        EXTERNAL_PARAMETER_ENTITY("parameter.svg") {
            @Override
            byte[] content(String address) {
                return text("<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY % p SYSTEM \"" + address
                        + "p\"> %p;]><svg xmlns=\"http://www.w3.org/2000/svg\"><text>Text</text><image href=\""
                        + address + "i.png\"/></svg>");
            }
        },
        WORD_DOCUMENT("entity.docx") {
            @Override
            byte[] content(String address) {
                return docx("<!DOCTYPE w SYSTEM \"" + address
                        + "w.dtd\"><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
                        + "<w:body><w:p><w:r><w:t>Text</w:t></w:r></w:p></w:body></w:document>");
            }
        },
        WEB_PAGE("page.html") {
            @Override
            byte[] content(String address) {
                return text("<html><head><link rel=stylesheet href='" + address + "s.css'><script src='" + address
                        + "s.js'></script><base href='" + address + "'></head><body><img src='" + address
                        + "i.png'><iframe src='" + address + "f'></iframe><p>Text</p></body></html>");
            }
        },
        MAIL_WITH_AN_EXTERNAL_BODY("mail.eml") {
            @Override
            byte[] content(String address) {
                return text("From: a@example.org\nSubject: S\nMIME-Version: 1.0\nContent-Type: message/external-body;"
                        + " access-type=URL; URL=\"" + address + "b\"\n\nContent-Type: text/plain\n\nText\n");
            }
        },
        RICH_TEXT_WITH_A_LINKED_OBJECT("object.rtf") {
            @Override
            byte[] content(String address) {
                return text("{\\rtf1 Text {\\object\\objautlink\\rsltpict{\\*\\objclass Word.Document}{\\*\\template "
                        + address + "t.dot}}{\\field{\\*\\fldinst INCLUDEPICTURE \"" + address + "p.png\"}}}");
            }
        };

        private final String fileName;

        Fetching(String fileName) {
            this.fileName = fileName;
        }

        String fileName() {
            return fileName;
        }

        abstract byte[] content(String address);
    }

    /** A document of one of several kinds, as people write them. */
    static byte[] honest(int number) {
        String text = "Document " + number + " says: " + "the ferry leaves at seven. ".repeat(1 + number % 50);
        return switch (number % 4) {
            case 0 -> text(text);
            case 1 -> text("<html><body><h1>Page</h1><p>" + text + "</p></body></html>");
            case 2 -> zip("inner/" + number + ".html", text("<html><body><p>" + text + "</p></body></html>"));
            default -> pdf("<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "", "(" + text.substring(0, 30) + ") Tj");
        };
    }

    private static Consumer<Extraction> is(RejectionReason reason) {
        return extraction -> assertThat(extraction)
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(reason));
    }

    private static Consumer<Extraction> isRejected() {
        return extraction -> assertThat(extraction).isInstanceOf(Rejected.class);
    }

    private static Consumer<Extraction> isExtracted() {
        return extraction -> assertThat(extraction).isInstanceOf(Extracted.class);
    }

    private static Consumer<Extraction> isCut() {
        return isCutAfter(3_000_000);
    }

    private static Consumer<Extraction> isCutAfter(int characters) {
        return extraction -> assertThat(extraction)
                .isInstanceOfSatisfying(
                        Extracted.class,
                        extracted -> assertThat(extracted.warnings())
                                .containsExactly(
                                        "The text was cut: the first " + characters + " characters were kept."));
    }

    /** The deadline may have to end it. */
    private static Consumer<Extraction> isWhatever() {
        return extraction -> assertThat(extraction).isNotNull();
    }

    /** There is no right outcome, but none that costs a worker or all of the time. */
    private static Consumer<Extraction> isHarmless() {
        return extraction -> {
            if (extraction instanceof Rejected rejected) {
                assertThat(rejected.detail()).doesNotContain("ends the program", "takes longer");
            }
        };
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] nested(int levels, int copies, byte[] innermost) {
        byte[] archive = innermost;
        for (int level = 1; level < levels; level++) {
            byte[] inner = archive;
            archive = zip(zip -> {
                for (int copy = 0; copy < copies; copy++) {
                    put(zip, "copy-" + copy + ".zip", inner);
                }
            });
        }
        return archive;
    }

    private static byte[] manyEntries() {
        byte[] entry = text("the same words again and again ".repeat(10_000));
        return zip(zip -> {
            for (int i = 0; i < 2_000; i++) {
                put(zip, "entry-" + i + ".txt", entry);
            }
        });
    }

    private static byte[] climbing() {
        return zip(zip -> {
            put(zip, "../../../../../../tmp/kb-climbed.txt", text("Up."));
            put(zip, "/tmp/kb-absolute.txt", text("Root."));
            put(zip, "..\\..\\kb-windows.txt", text("Back."));
        });
    }

    private static byte[] zip(String name, byte[] content) {
        return zip(zip -> put(zip, name, content));
    }

    private static byte[] zip(Consumer<ZipOutputStream> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            entries.accept(zip);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) {
        try {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] noise(String beginning) {
        byte[] bytes = new byte[100_000];
        new Random(7).nextBytes(bytes);
        byte[] magic = beginning.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(magic, 0, bytes, 0, magic.length);
        return bytes;
    }

    private static String laughs(String root) {
        String entities = IntStream.rangeClosed(1, 9)
                .mapToObj(i -> "<!ENTITY lol" + i + " \"" + ("&lol" + (i - 1) + ";").repeat(10) + "\">")
                .collect(Collectors.joining());
        return "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol0 \"lol\">" + entities + "]>" + root;
    }

    private static byte[] docx(String document) {
        return zip(zip -> {
            put(
                    zip,
                    "[Content_Types].xml",
                    text("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
                            + "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                            + "<Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument"
                            + ".wordprocessingml.document.main+xml\"/></Types>"));
            put(
                    zip,
                    "_rels/.rels",
                    text("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
                            + "<Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
                            + "officeDocument\" Target=\"word/document.xml\"/></Relationships>"));
            put(zip, "word/document.xml", text(document));
        });
    }

    /** Objects: 1 catalog, 2 pages, 3 page, 4 content, 5 font, 6 form, 7 and 8 outline. */
    private static byte[] pdf(String pages, String catalog, String show) {
        String content = "BT /F1 12 Tf 72 720 Td " + show + " ET";
        String form = "/X1 Do";
        String[] objects = {
            "<< /Type /Catalog /Pages 2 0 R " + catalog + " >>",
            pages,
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
                    + " /Resources << /Font << /F1 5 0 R >> /XObject << /X1 6 0 R >> >> >>",
            "<< /Length " + content.length() + " >>\nstream\n" + content + "\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 6 0 R >> >> /Length "
                    + form.length() + " >>\nstream\n" + form + "\nendstream",
            "<< /First 8 0 R /Last 8 0 R /Count 1 >>",
            "<< /Title (Item) /Parent 7 0 R /Next 8 0 R /First 8 0 R >>",
        };
        StringBuilder pdf = new StringBuilder("%PDF-1.4\n");
        StringBuilder references = new StringBuilder("xref\n0 " + (objects.length + 1) + "\n0000000000 65535 f \n");
        for (int i = 0; i < objects.length; i++) {
            references.append(String.format("%010d 00000 n \n", pdf.length()));
            pdf.append(i + 1).append(" 0 obj\n").append(objects[i]).append("\nendobj\n");
        }
        int start = pdf.length();
        return text(pdf.append(references)
                .append("trailer\n<< /Size " + (objects.length + 1) + " /Root 1 0 R >>\nstartxref\n" + start
                        + "\n%%EOF\n")
                .toString());
    }
}
