package io.knowledgebase.ingest.notion.render;

import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import tools.jackson.databind.JsonNode;

/** Notion's rich text: an array of runs, each with its plain text. Bold and the like are left out: nobody asks for them. */
final class RichText {

    private static final String NOTION = "https://www.notion.so/";

    private RichText() {}

    /** Without marks. */
    static String plain(JsonNode runs) {
        StringBuilder text = new StringBuilder();
        for (JsonNode run : runs) {
            text.append(plainText(run));
        }
        return text.toString();
    }

    /** Appends the runs with their links to a node. */
    static void append(Node parent, JsonNode runs) {
        for (JsonNode run : runs) {
            String text = plainText(run);
            String link = run.path("href").asString("");
            if (text.isEmpty()) {
                continue;
            }
            if (link.isEmpty()) {
                append(parent, text);
            } else {
                append(parent, text, link);
            }
        }
    }

    /** Appends text in which each line break ends a line. */
    static void append(Node parent, String text) {
        String[] lines = text.split("\\R", -1);
        for (int i = 0; i < lines.length; i++) {
            if (i > 0) {
                parent.appendChild(new org.commonmark.node.HardLineBreak());
            }
            if (!lines[i].isEmpty()) {
                parent.appendChild(new Text(lines[i]));
            }
        }
    }

    static void append(Node parent, String text, String destination) {
        // Links between pages lack the host.
        Link link = new Link(destination.startsWith("/") ? NOTION + destination.substring(1) : destination, null);
        append(link, text);
        parent.appendChild(link);
    }

    /** The address of a page or database. */
    static String address(String id) {
        return NOTION + id.replace("-", "");
    }

    private static String plainText(JsonNode run) {
        String text = run.path("plain_text").asString("");
        if (!text.isEmpty()) {
            return text;
        }
        String content = run.path("text").path("content").asString("");
        return content.isEmpty() ? run.path("equation").path("expression").asString("") : content;
    }
}
