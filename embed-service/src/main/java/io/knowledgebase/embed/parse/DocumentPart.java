package io.knowledgebase.embed.parse;

import java.util.Locale;
import org.apache.tika.metadata.Message;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.TikaCoreProperties;
import org.jspecify.annotations.Nullable;

/** A document as its parser describes it: known in full only once its text begins. */
final class DocumentPart implements BlockCollector.Part {

    static final int MAX_NAME_CHARACTERS = 200;

    private final Metadata metadata;
    private final boolean outermost;
    private final boolean underHeadings;

    /**
     * A document, or one within it.
     *
     * @param outermost whether it is the document itself, whose name is told elsewhere
     * @param underHeadings whether it stands under the headings before it
     */
    DocumentPart(Metadata metadata, boolean outermost, boolean underHeadings) {
        this.metadata = metadata;
        this.outermost = outermost;
        this.underHeadings = underHeadings;
    }

    @Override
    public boolean isUnderHeadings() {
        return underHeadings;
    }

    /** The path in an archive, the file name of an attachment, the subject of a mail in a mailbox. */
    @Override
    public @Nullable String name() {
        if (outermost) {
            return null;
        }
        String name = metadata.get(TikaCoreProperties.RESOURCE_NAME_KEY);
        String subject = metadata.get(TikaCoreProperties.SUBJECT);
        if (subject != null && (subject + ".eml").equals(name)) {
            name = subject; // Tika makes a file name of it
        }
        String clean = CleanText.line(name, MAX_NAME_CHARACTERS);
        return clean.isEmpty() ? null : clean;
    }

    /** The header of a mail: Tika keeps it apart from the text, and people search for who wrote what to whom. */
    @Override
    public void begin(BlockCollector blocks) {
        if (metadata.getValues(Message.MESSAGE_FROM).length == 0 || !isRfc822()) {
            return;
        }
        line(blocks, "From", metadata.getValues(Message.MESSAGE_FROM));
        line(blocks, "To", metadata.getValues(Message.MESSAGE_TO));
        line(blocks, "Cc", metadata.getValues(Message.MESSAGE_CC));
        line(blocks, "Date", metadata.getValues(TikaCoreProperties.CREATED));
        line(blocks, "Subject", metadata.getValues(TikaCoreProperties.SUBJECT));
    }

    /** Outlook's messages have their header in the text. */
    private boolean isRfc822() {
        return String.valueOf(metadata.get(Metadata.CONTENT_TYPE))
                .toLowerCase(Locale.ROOT)
                .startsWith("message/");
    }

    private static void line(BlockCollector blocks, String label, String[] values) {
        String text = String.join(", ", values);
        if (!text.isBlank()) {
            blocks.line(label + ": " + text, null);
        }
    }
}
