package io.knowledgebase.sqlite;

import java.time.Instant;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A SQLite file in a folder of exports. Its name, size and time of modification together tell it from others, also from
 * those that had its name before; the order is that of the times, then the names.
 *
 * @param sizeBytes as it was when it was looked at
 */
public record Export(String name, Instant modified, long sizeBytes) implements Comparable<Export> {

    @Override
    public int compareTo(Export other) {
        int order = modified.compareTo(other.modified);
        return order != 0 ? order : name.compareTo(other.name);
    }

    void write(ObjectNode json) {
        json.put("name", name).put("modified", modified.toString()).put("size", sizeBytes);
    }

    static Export read(JsonNode json) {
        return new Export(
                json.path("name").stringValue(),
                Instant.parse(json.path("modified").stringValue()),
                json.path("size").longValue());
    }
}
