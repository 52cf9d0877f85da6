package io.knowledgebase.embed.parse;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.apache.tika.exception.EncryptedDocumentException;
import org.apache.tika.exception.TikaException;
import org.apache.tika.exception.ZeroByteFileException;
import org.apache.tika.extractor.EmbeddedDocumentExtractor;
import org.apache.tika.io.TemporaryResources;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.ParseRecord;
import org.jspecify.annotations.Nullable;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;

/**
 * Reads the documents within a document: entries of archives, attachments of mails, files in slides. One that cannot be
 * read is noted and the others go on; one that unpacks without end stops the whole.
 */
final class Parts implements EmbeddedDocumentExtractor {

    /** Archives in archives in archives: what is deeper is made to be so. */
    private static final int MAX_DEPTH = 10;

    private static final int MAX_FAILURES_TOLD = 100;
    /** How Tika and Commons Compress tell of an entry that cannot be opened. */
    private static final Pattern UNOPENED_ENTRY =
            Pattern.compile("(?:used in entry |stream \\()(?<name>.*?)(?:\\) is encrypted|\\)|)$");

    private static final Pattern MAIL = Pattern.compile("message/|multipart/|application/x-mimearchive");
    private static final Pattern STYLES_AND_SCRIPTS = Pattern.compile("(text/css|(text|application)/(x-)?javascript)");

    private final DocumentReader reader;
    private final BlockCollector blocks;
    private final ParseContext context;
    private final BombFuse fuse;
    private final ParseRecord record = new ParseRecord();
    private final List<Failure> failures = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final Deque<Metadata> containers = new ArrayDeque<>();
    private int failureCount;
    private int readParts;
    private int namedParts;
    private @Nullable XhtmlStructure outer;

    Parts(DocumentReader reader, BlockCollector blocks, ParseContext context, BombFuse fuse) {
        this.reader = reader;
        this.blocks = blocks;
        this.context = context;
        this.fuse = fuse;
        context.set(EmbeddedDocumentExtractor.class, this);
        context.set(ParseRecord.class, record);
    }

    /**
     * A part that could not be read.
     *
     * @param path names from the outermost container to the part, or empty where they have none
     */
    record Failure(String path, Throwable cause) {}

    /** The first hundred; {@link #failureCount} counts all. */
    List<Failure> failures() {
        return failures;
    }

    int failureCount() {
        return failureCount;
    }

    /** Parts that were read, whether they have text or not. */
    int readParts() {
        return readParts;
    }

    /** Parts without text, of which but the name is known. */
    int namedParts() {
        return namedParts;
    }

    /** Notes what a parser kept to itself while it read a document or a part. */
    void noteSilentFailures(Metadata metadata) {
        for (Exception silent : record.getExceptions()) {
            note(silent);
        }
        record.getExceptions().clear();
        for (String trace : metadata.getValues(TikaCoreProperties.TIKA_META_EXCEPTION_EMBEDDED_STREAM)) {
            String message = trace.lines().findFirst().orElse("");
            Matcher entry = UNOPENED_ENTRY.matcher(message);
            names.add(shown(entry.find() ? entry.group("name") : null));
            note(message.contains("encrypt") ? new EncryptedDocumentException(message) : new TikaException(message));
            names.remove(names.size() - 1);
        }
    }

    /** Reads with a structure of its own, so that pages, rows and lists of the outer document are not mixed up. */
    void read(TikaInputStream stream, Metadata metadata, boolean outermost)
            throws IOException, TikaException, SAXException {
        XhtmlStructure container = outer;
        if (container != null) {
            container.pause();
        }
        // what is attached to a PDF comes after its last page, whatever that is about
        blocks.enter(new DocumentPart(metadata, outermost, container == null || !container.hasPages()));
        containers.push(metadata);
        try {
            reader.read(stream, metadata, context, blocks, structure -> outer = structure);
        } finally {
            outer = container;
            containers.pop();
            noteSilentFailures(metadata);
            blocks.leave();
        }
    }

    @Override
    public boolean shouldParseEmbedded(Metadata metadata) {
        return !(isMail(containers.peek()) && isOfAWebPage(metadata));
    }

    private static boolean isMail(@Nullable Metadata container) {
        return container != null
                && MAIL.matcher(String.valueOf(container.get(Metadata.CONTENT_TYPE)))
                        .lookingAt();
    }

    /** A web page that was saved as a mail has its styles and scripts beside it; what somebody attached says so. */
    private static boolean isOfAWebPage(Metadata metadata) {
        String type = String.valueOf(metadata.get(Metadata.CONTENT_TYPE));
        String name = String.valueOf(metadata.get(TikaCoreProperties.RESOURCE_NAME_KEY));
        return metadata.get(Metadata.CONTENT_DISPOSITION) == null
                && (STYLES_AND_SCRIPTS.matcher(type).lookingAt() || name.endsWith(".css") || name.endsWith(".js"));
    }

    @Override
    public void parseEmbedded(InputStream stream, ContentHandler handler, Metadata metadata, boolean outputHtml)
            throws SAXException, IOException {
        if (names.size() >= MAX_DEPTH) {
            throw fuse.trip();
        }
        fuse.addDeclaredBytes(metadata.get(Metadata.CONTENT_LENGTH));
        names.add(shown(metadata.get(TikaCoreProperties.RESOURCE_NAME_KEY)));
        int before = blocks.characters();
        int failuresBefore = failureCount;
        try (TikaInputStream part = open(stream, metadata)) {
            read(part, metadata, false);
            readParts++;
        } catch (XhtmlStructure.LimitReached e) {
            throw e;
        } catch (ZeroByteFileException e) {
            readParts++; // there is nothing to miss
        } catch (IOException | TikaException | SAXException | RuntimeException | StackOverflowError e) {
            Rejections.throwIfOfTheDisk(e);
            fuse.throwIfTripped();
            note(e);
        } finally {
            names.remove(names.size() - 1);
        }
        if (outputHtml && blocks.characters() == before) {
            namedParts += failureCount == failuresBefore ? 1 : 0;
            // a picture in an archive has a name at least
            blocks.line(
                    CleanText.line(
                            metadata.get(TikaCoreProperties.RESOURCE_NAME_KEY), DocumentPart.MAX_NAME_CHARACTERS),
                    null);
        }
    }

    private TikaInputStream open(InputStream stream, Metadata metadata) {
        TikaInputStream open = TikaInputStream.get(
                fuse.counting(CloseShieldInputStream.wrap(stream)), new TemporaryResources(), metadata);
        if (stream instanceof TikaInputStream container && container.getOpenContainer() != null) {
            open.setOpenContainer(container.getOpenContainer());
        }
        return open;
    }

    private static String shown(@Nullable String name) {
        String clean = CleanText.line(name, DocumentPart.MAX_NAME_CHARACTERS);
        return clean.isEmpty() ? "a part without a name" : clean;
    }

    private void note(Throwable cause) {
        failureCount++;
        if (failures.size() < MAX_FAILURES_TOLD) {
            failures.add(new Failure(String.join(" › ", names), cause));
        }
    }
}
