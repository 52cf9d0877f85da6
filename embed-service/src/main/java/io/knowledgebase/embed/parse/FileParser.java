package io.knowledgebase.embed.parse;

import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.tika.config.Field;
import org.apache.tika.exception.EncryptedDocumentException;
import org.apache.tika.exception.TikaException;
import org.apache.tika.io.TemporaryResources;
import org.apache.tika.io.TikaInputStream;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.jspecify.annotations.Nullable;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;
import tools.jackson.core.exc.JacksonIOException;

/**
 * The one parser that Tika's pipes know: it takes whatever comes and writes text and outcome to the file that the
 * {@link ParseRequest} names. Only running out of memory leaves it, so that the worker ends, and a failure of the disk.
 */
public final class FileParser implements Parser {

    /** In the message of what leaves the parser if the disk fails. */
    public static final String DISK_FAILED = "the disk failed while a document was read";

    private static final long serialVersionUID = 1L;

    /** What is wrong in the midst of a container does not undo what was read before. */
    private static final Set<RejectionReason> LEAVES_OTHER_PARTS =
            EnumSet.of(RejectionReason.CORRUPT, RejectionReason.ENCRYPTED);
    /** Parts that are named in a warning. */
    private static final int PARTS_TOLD = 20;

    /** A few are in many an old document. */
    private static final int LEAST_UNDECODED = 10;

    private transient @Nullable DocumentReader reader;
    private String ocrLanguages = "";
    private int maxCharacters;

    /** Characters kept of one document; Tika sets it from its configuration. */
    @Field
    public void setMaxCharacters(int maxCharacters) {
        this.maxCharacters = maxCharacters;
    }

    /** Languages of scans, as Tesseract names them, joined by +; empty to leave scans unread. */
    @Field
    public void setOcrLanguages(String ocrLanguages) {
        this.ocrLanguages = ocrLanguages;
    }

    @Override
    public Set<MediaType> getSupportedTypes(ParseContext context) {
        return Set.of(MediaType.OCTET_STREAM);
    }

    @Override
    public void parse(InputStream stream, ContentHandler handler, Metadata ignored, ParseContext context)
            throws IOException, SAXException, TikaException {
        if (reader == null) {
            reader = new DocumentReader(ocrLanguages);
        }
        ParseRequest request = Objects.requireNonNull(context.get(ParseRequest.class), "no request");
        try (TemporaryResources temporary = new TemporaryResources();
                ExtractionFile.Writer writer = new ExtractionFile.Writer(Path.of(request.extraction()))) {
            TikaInputStream file = TikaInputStream.get(stream, temporary, new Metadata());
            new Parse(reader, file, request.fileName(), writer).run();
        } catch (JacksonIOException e) {
            throw new IOException(DISK_FAILED, e);
        }
    }

    /** One document. */
    private final class Parse {

        private final DocumentReader reader;
        private final TikaInputStream file;
        private final ExtractionFile.Writer writer;
        private final Metadata metadata = new Metadata();
        private final BombFuse fuse;
        private final BlockCollector blocks;
        private final Parts parts;

        Parse(DocumentReader reader, TikaInputStream file, @Nullable String fileName, ExtractionFile.Writer writer)
                throws IOException {
            this.reader = reader;
            this.file = file;
            this.writer = writer;
            this.fuse = new BombFuse(file.getLength());
            this.blocks = new BlockCollector(maxCharacters, fuse, writer::write);
            this.parts = new Parts(reader, blocks, reader.context(), fuse);
            if (fileName != null) {
                metadata.set(TikaCoreProperties.RESOURCE_NAME_KEY, fileName);
            }
        }

        void run() throws IOException {
            Throwable failure = null;
            try {
                parts.read(file, metadata, true);
            } catch (IOException
                    | TikaException
                    | SAXException
                    | RuntimeException
                    | LinkageError
                    | StackOverflowError e) {
                failure = e;
            }
            if (fuse.isTripped()) {
                writer.finish(Rejections.BOMB);
            } else if (failure == null || blocks.isFull()) {
                finish(null);
            } else {
                Rejected rejected = Rejections.of(failure);
                if (parts.readParts() > 0
                        && blocks.characters() > 0
                        && LEAVES_OTHER_PARTS.contains(rejected.reason())) {
                    finish(rejected);
                } else {
                    writer.finish(rejected);
                }
            }
        }

        /** @param broken why the container could not be read to its end */
        private void finish(@Nullable Rejected broken) throws IOException {
            for (Parts.Failure failure : parts.failures()) {
                Rejections.throwIfOfTheDisk(failure.cause());
            }
            if (blocks.characters() == 0) {
                writer.finish(withoutText());
                return;
            }
            List<String> warnings = new ArrayList<>();
            if (blocks.isFull()) {
                warnings.add("The text was cut: the first " + blocks.characters() + " characters were kept.");
            }
            if (broken != null) {
                warnings.add("Only the first " + parts.readParts() + " parts could be read; what comes after them is "
                        + (broken.reason() == RejectionReason.ENCRYPTED ? "encrypted." : "damaged."));
            }
            if (parts.failureCount() > 0) {
                warnings.add(unread());
            }
            if (parts.namedParts() > 0) {
                warnings.add("Parts without text that can be read: " + parts.namedParts()
                        + ". They are found by their names only.");
            }
            if (blocks.undecoded() >= LEAST_UNDECODED && blocks.undecoded() * 100 > blocks.characters()) {
                warnings.add("Of " + blocks.characters() + " characters " + blocks.undecoded()
                        + " could not be decoded: the document is not in the encoding that it says. Save it as UTF-8.");
            }
            writer.finish(
                    DocumentProperties.title(metadata, blocks.title()), DocumentProperties.of(metadata), warnings);
        }

        private Rejected withoutText() throws IOException {
            String type = DocumentProperties.contentType(metadata);
            if (parts.failureCount() > 0 && parts.readParts() == 0) {
                return Rejections.of(parts.failures().get(0).cause());
            }
            return reader.isReadable(metadata)
                    ? new Rejected(
                            RejectionReason.NO_TEXT,
                            "The document (" + type + ") holds no text."
                                    + (isPicture(type)
                                            ? " If it is a scan, add a text layer (OCR) to it, or ask the operators to"
                                                    + " turn OCR on (kb.extract.ocr)."
                                            : " If it should, save it as PDF or text, then upload that."))
                    : new Rejected(
                            RejectionReason.UNSUPPORTED_TYPE,
                            "There is no reader for documents of the type " + type
                                    + ". Save it as PDF, Office document, HTML or text, then upload that.");
        }

        private static boolean isPicture(String type) {
            return type.equals("application/pdf") || type.startsWith("image/");
        }

        private String unread() {
            String names = parts.failures().stream()
                    .limit(PARTS_TOLD)
                    .map(failure -> (failure.path().isEmpty() ? "a part without a name" : failure.path()) + " ("
                            + why(failure.cause()) + ")")
                    .distinct()
                    .collect(Collectors.joining("; "));
            return "Parts that could not be read: " + parts.failureCount() + ": " + names
                    + (parts.failureCount() > PARTS_TOLD ? "; …" : "") + ".";
        }

        private static String why(Throwable cause) {
            for (Throwable any = cause; any != null; any = any.getCause()) {
                if (any instanceof EncryptedDocumentException) {
                    return "encrypted";
                }
            }
            return "damaged";
        }
    }
}
