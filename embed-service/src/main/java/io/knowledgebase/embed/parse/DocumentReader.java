package io.knowledgebase.embed.parse;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.tika.config.ServiceLoader;
import org.apache.tika.config.TikaConfig;
import org.apache.tika.detect.AutoDetectReader;
import org.apache.tika.exception.TikaException;
import org.apache.tika.exception.ZeroByteFileException;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.AutoDetectParser;
import org.apache.tika.parser.AutoDetectParserConfig;
import org.apache.tika.parser.DefaultParser;
import org.apache.tika.parser.EmptyParser;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.apache.tika.parser.external.CompositeExternalParser;
import org.apache.tika.parser.html.DefaultHtmlMapper;
import org.apache.tika.parser.html.HtmlMapper;
import org.apache.tika.parser.microsoft.OfficeParserConfig;
import org.apache.tika.parser.ocr.TesseractOCRConfig;
import org.apache.tika.parser.ocr.TesseractOCRParser;
import org.apache.tika.parser.odf.OpenDocumentParser;
import org.apache.tika.parser.pdf.PDFParserConfig;
import org.apache.tika.renderer.CompositeRenderer;
import org.jspecify.annotations.Nullable;
import org.xml.sax.SAXException;

/** Reads one document, or one part of a document, with the reader for what its bytes say that it is. */
final class DocumentReader {

    private static final Set<String> MARKDOWN =
            Set.of("text/x-web-markdown", "text/markdown", "text/x-markdown", "text/vnd.daringfireball.markdown");
    private static final String PDF = "application/pdf";
    /** Deeper than any page that a person wrote. */
    private static final int MAX_ELEMENT_DEPTH = 1_000;

    /** Every element, for blocks must not run together; no attributes, for a page's own classes are not Tika's. */
    private static final HtmlMapper ALL_ELEMENTS = new DefaultHtmlMapper() {
        @Override
        public String mapSafeElement(String element) {
            return element.toLowerCase(Locale.ROOT);
        }

        @Override
        public @Nullable String mapSafeAttribute(String element, String attribute) {
            return null;
        }
    };

    private final AutoDetectParser parser;

    private final String ocrLanguages;

    /** @param ocrLanguages as Tesseract names them, joined by +, or empty to leave scans unread */
    DocumentReader(String ocrLanguages) {
        this.ocrLanguages = ocrLanguages;
        TikaConfig tika = TikaConfig.getDefaultConfig();
        ServiceLoader loader = new ServiceLoader();
        List<Class<? extends Parser>> excluded = ocrLanguages.isEmpty()
                ? List.of(CompositeExternalParser.class, TesseractOCRParser.class)
                : List.of(CompositeExternalParser.class);
        DefaultParser parsers = new DefaultParser(
                tika.getMediaTypeRegistry(),
                loader,
                excluded,
                tika.getEncodingDetector(),
                new CompositeRenderer(loader));
        parsers.getAllComponentParsers().stream()
                .filter(OpenDocumentParser.class::isInstance)
                .map(OpenDocumentParser.class::cast)
                .forEach(odf -> odf.setContentParser(new OpenDocumentContent()));
        AutoDetectParserConfig limits = new AutoDetectParserConfig();
        limits.setMaximumDepth(MAX_ELEMENT_DEPTH);
        limits.setOutputThreshold(Long.MAX_VALUE); // what is out of proportion, the fuse tells for all parts together
        this.parser = new AutoDetectParser(tika.getDetector(), parsers);
        this.parser.setAutoDetectParserConfig(limits);
    }

    /** The end of the file is missing. */
    static final class CutOffException extends TikaException {

        private static final long serialVersionUID = 1L;

        CutOffException() {
            super("the end of the file is missing");
        }
    }

    /** What documents of all kinds are read with, parts included. */
    ParseContext context() {
        ParseContext context = new ParseContext();
        context.set(Parser.class, parser);
        context.set(HtmlMapper.class, ALL_ELEMENTS);
        PDFParserConfig pdf = new PDFParserConfig();
        pdf.setExtractBookmarksText(false); // they are headings where they point to
        pdf.setOcrStrategy(
                ocrLanguages.isEmpty() ? PDFParserConfig.OCR_STRATEGY.NO_OCR : PDFParserConfig.OCR_STRATEGY.AUTO);
        context.set(PDFParserConfig.class, pdf);
        TesseractOCRConfig ocr = new TesseractOCRConfig();
        if (!ocrLanguages.isEmpty()) {
            ocr.setLanguage(ocrLanguages);
        }
        context.set(TesseractOCRConfig.class, ocr);
        OfficeParserConfig office = new OfficeParserConfig();
        office.setExtractMacros(false);
        context.set(OfficeParserConfig.class, office);
        return context;
    }

    /**
     * Reads the text.
     *
     * @param metadata may hold a file name, takes what the document says of itself
     * @param structures is told who will take the events, so that parts can stand in the right place
     */
    void read(
            TikaInputStream stream,
            Metadata metadata,
            ParseContext context,
            BlockCollector blocks,
            Consumer<XhtmlStructure> structures)
            throws IOException, TikaException, SAXException {
        MediaType type = parser.getDetector().detect(stream, metadata);
        metadata.set(Metadata.CONTENT_TYPE, type.toString());
        String name = type.getBaseType().toString().toLowerCase(Locale.ROOT);
        if (stream.getOpenContainer() == null) {
            byte[] beginning = new byte[4];
            if (stream.peek(beginning) < 1) {
                throw new ZeroByteFileException("empty file");
            }
            if (CutOffFile.canTell(name, beginning) && CutOffFile.is(stream.getPath(), name)) {
                throw new CutOffException();
            }
        }
        boolean markdown = MARKDOWN.contains(name);
        if (markdown || name.equals("text/plain")) {
            int room = blocks.room();
            String text = text(stream, metadata, room);
            if (markdown) {
                MarkdownStructure.read(text, blocks);
            } else {
                TextStructure.read(text, blocks, null);
            }
            if (text.length() > room) {
                blocks.cut(); // white space that was folded has made room again, but the rest was not read
            }
        } else {
            readStructure(stream, metadata, context, blocks, structures);
        }
    }

    /** Whether there is a reader for the type that {@link #read} found. */
    boolean isReadable(Metadata metadata) {
        ParseContext context = new ParseContext();
        for (MediaType candidate = MediaType.parse(metadata.get(Metadata.CONTENT_TYPE));
                candidate != null;
                candidate = parser.getMediaTypeRegistry().getSupertype(candidate)) {
            if (candidate.equals(MediaType.OCTET_STREAM)) {
                return false;
            }
            Parser reader = parser.getParsers(context).get(candidate.getBaseType());
            if (reader != null && !(reader instanceof EmptyParser)) {
                return true;
            }
        }
        return false;
    }

    private void readStructure(
            TikaInputStream stream,
            Metadata metadata,
            ParseContext context,
            BlockCollector blocks,
            Consumer<XhtmlStructure> structures)
            throws IOException, TikaException, SAXException {
        int before = blocks.characters();
        boolean hasPages = metadata.get(Metadata.CONTENT_TYPE).startsWith(PDF);
        PdfOutline outline = hasPages ? PdfOutline.of(stream.getPath()) : PdfOutline.NONE;
        XhtmlStructure structure = new XhtmlStructure(blocks, hasPages, false, outline);
        structures.accept(structure);
        parse(stream, metadata, context, structure);
        if (blocks.characters() == before && structure.hasBoilerplate() && stream.hasFile()) {
            XhtmlStructure everything = new XhtmlStructure(blocks, hasPages, true, outline);
            structures.accept(everything);
            try (TikaInputStream again = TikaInputStream.get(stream.getPath())) {
                parse(again, metadata, context, everything);
            }
        }
        if (blocks.characters() == before) {
            outline.titles().forEach(title -> blocks.line(title, null));
        }
    }

    private void parse(TikaInputStream stream, Metadata metadata, ParseContext context, XhtmlStructure structure)
            throws IOException, TikaException, SAXException {
        parser.parse(stream, structure, metadata, context);
        structure.endDocument(); // some parsers end without
    }

    /** One character more than there is room for, if there are more. */
    private static String text(InputStream stream, Metadata metadata, int room) throws IOException, TikaException {
        try (AutoDetectReader reader = new AutoDetectReader(stream, metadata)) {
            StringBuilder text = new StringBuilder();
            char[] buffer = new char[64 * 1024];
            for (int read = reader.read(buffer); read >= 0 && text.length() <= room; read = reader.read(buffer)) {
                text.append(buffer, 0, Math.min(read, room + 1 - text.length()));
            }
            return text.toString();
        }
    }
}
