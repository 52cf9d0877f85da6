package io.knowledgebase.ingest.cutover.qdrant;

import tools.jackson.databind.JsonNode;

/**
 * The id of a point: a UUID, or a whole number of up to 64 bits without a sign.
 *
 * @param json as it stands in JSON
 */
public record PointId(String json) {

    static PointId of(JsonNode id) {
        return new PointId(id.toString());
    }

    /** As people write it. */
    public String text() {
        return json.startsWith("\"") ? json.substring(1, json.length() - 1) : json;
    }
}
