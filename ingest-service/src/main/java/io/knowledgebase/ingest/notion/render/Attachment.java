package io.knowledgebase.ingest.notion.render;

/**
 * A file that Notion keeps.
 *
 * @param id of the block that holds it; for one in a property the ids of page and property and its place
 * @param name of the file, for people
 * @param lastEditedTime of what holds it, as Notion writes it
 * @param url signed, and valid for an hour
 */
public record Attachment(String id, String name, String lastEditedTime, String url) {

    /** Changes when the file does: another file within the minute of the last edit has another address. */
    public String version() {
        return lastEditedTime + " " + url.replaceFirst("[?#].*", "");
    }
}
