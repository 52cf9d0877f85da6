package io.knowledgebase.ingest.notion.sync;

import tools.jackson.databind.JsonNode;

/** Whether something is in Notion's trash, which has had two names. */
final class Trash {

    private Trash() {}

    static boolean holds(JsonNode entity) {
        JsonNode inTrash = entity.path("in_trash");
        return inTrash.isBoolean()
                ? inTrash.booleanValue()
                : entity.path("archived").asBoolean(false);
    }
}
