package io.knowledgebase.embed.extract;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.tika.config.TikaConfig;
import org.apache.tika.detect.AutoDetectReader;
import org.apache.tika.exception.TikaException;
import org.apache.tika.exception.ZeroByteFileException;
import org.apache.tika.extractor.EmbeddedDocumentExtractor;
import org.apache.tika.extractor.ParsingEmbeddedDocumentExtractor;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.AutoDetectParser;
import org.apache.tika.parser.EmptyParser;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.ParseRecord;
import org.apache.tika.parser.Parser;
import org.apache.tika.parser.html.DefaultHtmlMapper;
import org.apache.tika.parser.html.HtmlMapper;
import org.jspecify.annotations.Nullable;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;

/** The one place that knows Tika. */
final class TikaParsing {

    private static final Set<String> MARKDOWN =
            Set.of("text/x-web-markdown", "text/markdown", "text/x-markdown", "text/vnd.daringfireball.markdown");

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

    private final AutoDetectParser parser = new AutoDetectParser(TikaConfig.getDefaultConfig());

    /**
     * What Tika knows of a document besides its text.
     *
     * @param readable whether there is a parser for its type
     * @param unreadParts attachments, entries and pictures in it that could not be read, the first hundred or so
     * @param partFailures why, as far as there is an exception to tell
     */
    record Properties(
            String contentType,
            @Nullable String title,
            boolean readable,
            int unreadParts,
            List<Exception> partFailures) {}

    /** The end of the file is missing. */
    static final class CutOffException extends TikaException {

        private static final long serialVersionUID = 1L;

        CutOffException() {
            super("the end of the file is missing");
        }
    }

    Properties parse(Path file, @Nullable String fileName, BlockCollector blocks)
            throws IOException, TikaException, SAXException {
        if (Files.size(file) == 0) {
            throw new ZeroByteFileException("empty file");
        }
        Metadata metadata = new Metadata();
        if (fileName != null) {
            metadata.set(TikaCoreProperties.RESOURCE_NAME_KEY, fileName);
        }
        try (TikaInputStream stream = TikaInputStream.get(file, metadata)) {
            MediaType type = parser.getDetector().detect(stream, metadata);
            metadata.set(Metadata.CONTENT_TYPE, type.toString());
            ParseContext context = new ParseContext();
            Parts parts = new Parts(context);
            String name = type.getBaseType().toString().toLowerCase(Locale.ROOT);
            if (CutOffFile.is(file, name)) {
                throw new CutOffException();
            }
            if (MARKDOWN.contains(name)) {
                MarkdownStructure.read(text(stream, metadata, blocks), blocks);
            } else if (name.equals("text/plain")) {
                TextStructure.read(text(stream, metadata, blocks), blocks, null);
            } else {
                parseStructure(stream, metadata, context, blocks);
            }
            return new Properties(
                    name,
                    metadata.get(TikaCoreProperties.TITLE),
                    isReadable(type),
                    parts.unread(metadata),
                    parts.failures());
        }
    }

    private void parseStructure(TikaInputStream stream, Metadata metadata, ParseContext context, BlockCollector blocks)
            throws IOException, TikaException, SAXException {
        context.set(Parser.class, parser);
        context.set(HtmlMapper.class, ALL_ELEMENTS);
        try {
            parser.parse(stream, new XhtmlStructure(blocks), metadata, context);
        } catch (SAXException | TikaException e) {
            if (!blocks.isFull()) {
                throw e;
            }
        }
    }

    private static String text(InputStream stream, Metadata metadata, BlockCollector blocks)
            throws IOException, TikaException {
        try (AutoDetectReader reader = new AutoDetectReader(stream, metadata)) {
            StringBuilder text = new StringBuilder();
            char[] buffer = new char[64 * 1024];
            for (int read = reader.read(buffer); read >= 0; read = reader.read(buffer)) {
                text.append(buffer, 0, Math.min(read, blocks.room() + 1 - text.length()));
                if (text.length() > blocks.room()) {
                    break;
                }
            }
            return text.toString();
        }
    }

    /** Reads the documents within a document; Tika goes on after one that fails and only notes it. */
    private static final class Parts extends ParsingEmbeddedDocumentExtractor {

        private final ParseRecord record = new ParseRecord();
        private final List<Exception> ioFailures = new ArrayList<>();
        private int unreadStreams;

        Parts(ParseContext context) {
            super(context);
            context.set(EmbeddedDocumentExtractor.class, this);
            context.set(ParseRecord.class, record);
        }

        @Override
        public void parseEmbedded(InputStream stream, ContentHandler handler, Metadata metadata, boolean outputHtml)
                throws SAXException, IOException {
            try {
                super.parseEmbedded(stream, handler, metadata, outputHtml);
            } catch (IOException e) {
                ioFailures.add(e);
                throw e;
            } finally {
                unreadStreams += unreadStreams(metadata);
            }
        }

        int unread(Metadata document) {
            return parseFailures().size() + unreadStreams + unreadStreams(document);
        }

        List<Exception> failures() {
            return Stream.concat(parseFailures().stream(), ioFailures.stream()).toList();
        }

        /** Without those by which we ended the parse ourselves. */
        private List<Exception> parseFailures() {
            return record.getExceptions().stream()
                    .filter(failure -> Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause)
                            .noneMatch(XhtmlStructure.LimitReached.class::isInstance))
                    .toList();
        }

        private static int unreadStreams(Metadata metadata) {
            return metadata.getValues(TikaCoreProperties.TIKA_META_EXCEPTION_EMBEDDED_STREAM).length;
        }
    }

    private boolean isReadable(MediaType type) {
        ParseContext context = new ParseContext();
        for (MediaType candidate = type;
                candidate != null;
                candidate = parser.getMediaTypeRegistry().getSupertype(candidate)) {
            if (candidate.equals(MediaType.OCTET_STREAM)) {
                return false;
            }
            Parser reader = parser.getParsers(context).get(candidate);
            if (reader != null && !(reader instanceof EmptyParser)) {
                return true;
            }
        }
        return false;
    }
}
