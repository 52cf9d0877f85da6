package io.knowledgebase.local.standin;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Makes blocks of all types. */
final class Blocks {

    private static final JsonMapper JSON = JsonMapper.shared();

    private Blocks() {}

    static Block text(String type, String text, Instant time) {
        ObjectNode value = JSON.createObjectNode();
        value.set("rich_text", richText(text));
        value.put("color", "default");
        if (type.startsWith("heading")) {
            value.put("is_toggleable", false);
        }
        if ("to_do".equals(type)) {
            value.put("checked", text.length() % 2 == 0);
        }
        if ("code".equals(type)) {
            value.put("language", "java");
            value.set("caption", richText(""));
        }
        return new Block(UUID.randomUUID(), type, value, time);
    }

    static Block of(String type, ObjectNode value, Instant time) {
        return new Block(UUID.randomUUID(), type, value, time);
    }

    static Block container(String type, Instant time) {
        return of(type, JSON.createObjectNode(), time);
    }

    static Block equation(String expression, Instant time) {
        return of("equation", JSON.createObjectNode().put("expression", expression), time);
    }

    static Block bookmark(String caption, String url, Instant time) {
        ObjectNode value = JSON.createObjectNode().put("url", url);
        value.set("caption", richText(caption));
        return of("bookmark", value, time);
    }

    static Block image(String caption, String url, Instant time) {
        ObjectNode value = JSON.createObjectNode().put("type", "external");
        value.putObject("external").put("url", url);
        value.set("caption", richText(caption));
        return of("image", value, time);
    }

    /** A file that Notion keeps; its address is made for each answer. */
    static Block file(String name, Instant time) {
        ObjectNode value = JSON.createObjectNode().put("type", "file").put("name", name);
        value.set("caption", richText(""));
        return of("file", value, time);
    }

    static Block table(List<List<String>> rows, Instant time) {
        ObjectNode value = JSON.createObjectNode()
                .put("table_width", rows.get(0).size())
                .put("has_column_header", true)
                .put("has_row_header", false);
        Block table = of("table", value, time);
        for (List<String> row : rows) {
            ObjectNode cells = JSON.createObjectNode();
            ArrayNode array = cells.putArray("cells");
            row.forEach(cell -> array.add(richText(cell)));
            table.children.add(of("table_row", cells, time));
        }
        return table;
    }

    static Block synced(Instant time) {
        ObjectNode value = JSON.createObjectNode();
        value.putNull("synced_from");
        return of("synced_block", value, time);
    }

    static Block syncedFrom(Block original, Instant time) {
        ObjectNode value = JSON.createObjectNode();
        value.putObject("synced_from").put("type", "block_id").put("block_id", original.id.toString());
        Block copy = of("synced_block", value, time);
        copy.original = original;
        return copy;
    }

    static ArrayNode richText(String text) {
        ArrayNode runs = JSON.createArrayNode();
        if (!text.isEmpty()) {
            ObjectNode run = runs.addObject().put("type", "text");
            run.putObject("text").put("content", text).putNull("link");
            run.putObject("annotations")
                    .put("bold", false)
                    .put("italic", false)
                    .put("strikethrough", false)
                    .put("underline", false)
                    .put("code", false)
                    .put("color", "default");
            run.put("plain_text", text).putNull("href");
        }
        return runs;
    }
}
