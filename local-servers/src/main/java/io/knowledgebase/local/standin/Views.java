package io.knowledgebase.local.standin;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** How Notion shows things, by version of its API. */
final class Views {

    static final UUID PERSON = UUID.fromString("00000000-0000-4000-8000-0000000000ad");
    private static final JsonMapper JSON = JsonMapper.shared();

    private final String version;

    Views(String version) {
        this.version = version;
    }

    boolean hasDataSources() {
        return !"2022-06-28".equals(version);
    }

    ObjectNode page(Node page) {
        ObjectNode view = entity("page", page.id, page, page.inTrash);
        parent(view, page);
        ObjectNode properties = view.putObject("properties");
        boolean row = page.parent != null && page.parent.isDatabase();
        ObjectNode title =
                properties.putObject(row ? "Name" : "title").put("id", "title").put("type", "title");
        title.set("title", Blocks.richText(page.title));
        int[] number = {0};
        page.properties.forEach((name, value) -> {
            ObjectNode property =
                    properties.putObject(name).put("id", "p" + number[0]++).put("type", "rich_text");
            property.set("rich_text", Blocks.richText(value));
        });
        view.put("url", "https://app.notion.com/p/" + page.id.toString().replace("-", ""));
        view.putNull("public_url");
        return view;
    }

    ObjectNode dataSource(Node database) {
        ObjectNode view =
                entity("data_source", Objects.requireNonNull(database.dataSourceId), database, database.inTrash);
        view.set("title", Blocks.richText(database.title));
        view.putObject("parent").put("type", "database_id").put("database_id", database.id.toString());
        schema(view, database);
        return view;
    }

    ObjectNode database(Node database) {
        ObjectNode view = entity("database", database.id, database, database.inTrash);
        view.set("title", Blocks.richText(database.title));
        parent(view, database);
        if (hasDataSources()) {
            view.putArray("data_sources")
                    .addObject()
                    .put("id", Objects.requireNonNull(database.dataSourceId).toString())
                    .put("name", database.title);
        } else {
            schema(view, database);
        }
        return view;
    }

    private static void schema(ObjectNode view, Node database) {
        ObjectNode properties = view.putObject("properties");
        properties.putObject("Name").put("id", "title").put("type", "title").putObject("title");
        database.properties
                .keySet()
                .forEach(name ->
                        properties.putObject(name).put("type", "rich_text").putObject("rich_text"));
    }

    private void parent(ObjectNode view, Node node) {
        ObjectNode parent = view.putObject("parent");
        if (node.parent == null) {
            parent.put("type", "workspace").put("workspace", true);
        } else if (!node.parent.isDatabase()) {
            parent.put("type", "page_id").put("page_id", node.parent.id.toString());
        } else if (hasDataSources()) {
            parent.put("type", "data_source_id")
                    .put(
                            "data_source_id",
                            Objects.requireNonNull(node.parent.dataSourceId).toString())
                    .put("database_id", node.parent.id.toString());
        } else {
            parent.put("type", "database_id").put("database_id", node.parent.id.toString());
        }
    }

    ObjectNode block(Block block, Node page) {
        ObjectNode view = JSON.createObjectNode().put("object", "block").put("id", block.id.toString());
        view.putObject("parent").put("type", "page_id").put("page_id", page.id.toString());
        times(view, block.edited, block.edited);
        view.put("has_children", block.hasChildren());
        trash(view, false);
        view.put("type", block.type);
        view.set(block.type, block.value);
        return view;
    }

    /** How a page's blocks show a page or database in it. */
    ObjectNode childBlock(Node child) {
        ObjectNode view = JSON.createObjectNode().put("object", "block").put("id", child.id.toString());
        parent(view, child);
        times(view, child.created, child.edited);
        view.put("has_children", !child.blocks.isEmpty());
        trash(view, child.inTrash);
        String type = child.isDatabase() ? "child_database" : "child_page";
        view.put("type", type);
        view.putObject(type).put("title", child.title);
        return view;
    }

    static ObjectNode comment(Node page, String text, int number) {
        ObjectNode view = JSON.createObjectNode()
                .put("object", "comment")
                .put(
                        "id",
                        UUID.nameUUIDFromBytes(
                                        (page.id + " " + number).getBytes(java.nio.charset.StandardCharsets.UTF_8))
                                .toString());
        view.putObject("parent").put("type", "page_id").put("page_id", page.id.toString());
        times(view, page.edited, page.edited);
        view.set("rich_text", Blocks.richText(text));
        return view;
    }

    private ObjectNode entity(String object, UUID id, Node node, boolean inTrash) {
        ObjectNode view = JSON.createObjectNode().put("object", object).put("id", id.toString());
        times(view, node.created, node.edited);
        view.putNull("cover").putNull("icon");
        trash(view, inTrash);
        return view;
    }

    private void trash(ObjectNode view, boolean inTrash) {
        if (!"2022-06-28".equals(version)) {
            view.put("in_trash", inTrash);
        }
        if (!"2026-03-11".equals(version)) {
            view.put("archived", inTrash);
        }
    }

    private static void times(ObjectNode view, Instant created, Instant edited) {
        view.put("created_time", time(created)).put("last_edited_time", time(edited));
        view.putObject("created_by").put("object", "user").put("id", PERSON.toString());
        view.putObject("last_edited_by").put("object", "user").put("id", PERSON.toString());
    }

    /** To the minute, and with milliseconds all the same. */
    private static String time(Instant time) {
        return Workspace.minute(time).toString().replace("Z", ".000Z");
    }
}
