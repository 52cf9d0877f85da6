package io.knowledgebase.embed.parse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.tika.exception.TikaException;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.parser.ParseContext;
import org.jspecify.annotations.Nullable;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** What a worker does, in the test's own process. */
final class Parsing {

    private final FileParser parser = new FileParser();

    Parsing(int maxCharacters) {
        parser.setMaxCharacters(maxCharacters);
    }

    Extraction extract(Path file, @Nullable String fileName) throws IOException, TikaException, SAXException {
        Path extraction = Files.createTempFile("extraction", null);
        try (TikaInputStream stream = TikaInputStream.get(file)) {
            ParseContext context = new ParseContext();
            context.set(ParseRequest.class, new ParseRequest(extraction.toString(), fileName));
            parser.parse(stream, new DefaultHandler(), new Metadata(), context);
            return ExtractionFile.read(extraction).orElseThrow();
        } finally {
            Files.deleteIfExists(extraction);
        }
    }
}
