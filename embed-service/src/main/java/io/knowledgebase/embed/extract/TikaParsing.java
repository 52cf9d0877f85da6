package io.knowledgebase.embed.extract;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.apache.tika.config.TikaConfig;
import org.apache.tika.detect.AutoDetectReader;
import org.apache.tika.exception.TikaException;
import org.apache.tika.exception.ZeroByteFileException;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.AutoDetectParser;
import org.apache.tika.parser.EmptyParser;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.jspecify.annotations.Nullable;
import org.xml.sax.SAXException;

/** The one place that knows Tika. */
final class TikaParsing {

    private static final Set<String> MARKDOWN =
            Set.of("text/x-web-markdown", "text/markdown", "text/x-markdown", "text/vnd.daringfireball.markdown");

    private final AutoDetectParser parser = new AutoDetectParser(TikaConfig.getDefaultConfig());

    /**
     * What Tika knows of a document besides its text.
     *
     * @param readable whether there is a parser for its type
     */
    record Properties(String contentType, @Nullable String title, boolean readable) {}

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
            String name = type.getBaseType().toString().toLowerCase(Locale.ROOT);
            if (MARKDOWN.contains(name)) {
                MarkdownStructure.read(text(stream, metadata, blocks), blocks);
            } else if (name.equals("text/plain")) {
                TextStructure.read(text(stream, metadata, blocks), blocks, null);
            } else {
                parseStructure(stream, metadata, blocks);
            }
            return new Properties(name, metadata.get(TikaCoreProperties.TITLE), isReadable(type));
        }
    }

    private void parseStructure(TikaInputStream stream, Metadata metadata, BlockCollector blocks)
            throws IOException, TikaException, SAXException {
        ParseContext context = new ParseContext();
        context.set(Parser.class, parser);
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
