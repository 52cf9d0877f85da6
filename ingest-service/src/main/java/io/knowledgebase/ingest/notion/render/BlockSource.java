package io.knowledgebase.ingest.notion.render;

import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/** Where blocks come from: one level at a time. */
@FunctionalInterface
public interface BlockSource {

    /**
     * Reads the children of a page or block in order.
     *
     * @param each says whether more are wanted
     * @return false if the connection may not see the block, or there is none
     */
    boolean children(String blockId, Predicate<JsonNode> each);
}
