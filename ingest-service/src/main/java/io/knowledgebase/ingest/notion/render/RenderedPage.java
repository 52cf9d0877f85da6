package io.knowledgebase.ingest.notion.render;

import java.util.List;
import java.util.Map;

/**
 * A page's blocks as text.
 *
 * @param blocks how many were read
 * @param skipped why blocks are not in the text, and how many: unknown types by their name, {@code malformed},
 *     {@code cycle}, {@code too-deep}, {@code too-many}, {@code too-long}, {@code no-access}
 */
public record RenderedPage(String markdown, int blocks, List<Attachment> attachments, Map<String, Integer> skipped) {

    public RenderedPage {
        attachments = List.copyOf(attachments);
        skipped = Map.copyOf(skipped);
    }
}
