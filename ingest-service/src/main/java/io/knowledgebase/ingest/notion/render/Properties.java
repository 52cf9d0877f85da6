package io.knowledgebase.ingest.notion.render;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** The properties of a page as text. */
public final class Properties {

    private Properties() {}

    /** The title of a page, data source or database; empty if it has none. */
    public static String title(JsonNode entity) {
        if (entity.path("title").isArray()) {
            return RichText.plain(entity.path("title")).strip();
        }
        for (JsonNode property : entity.path("properties")) {
            if ("title".equals(property.path("type").asString(""))) {
                return RichText.plain(property.path("title")).strip();
            }
        }
        return "";
    }

    /** Rich text without marks. */
    public static String plainText(JsonNode richText) {
        return RichText.plain(richText);
    }

    /** What is filled in, in the order of the page, by name; without the title. */
    public static Map<String, String> values(JsonNode page) {
        Map<String, String> values = new LinkedHashMap<>();
        page.path("properties").properties().forEach(property -> {
            JsonNode value = property.getValue();
            if (!"title".equals(value.path("type").asString(""))) {
                String text = text(value).strip();
                if (!text.isEmpty()) {
                    values.put(property.getKey(), text);
                }
            }
        });
        return values;
    }

    /** Files that Notion keeps in properties. */
    public static List<Attachment> attachments(JsonNode page) {
        List<Attachment> attachments = new ArrayList<>();
        for (JsonNode property : page.path("properties")) {
            int position = 0;
            for (JsonNode file : property.path("files")) {
                String url = file.path("file").path("url").asString("");
                if (!url.isEmpty()) {
                    attachments.add(new Attachment(
                            page.path("id").asString("") + "/"
                                    + property.path("id").asString("") + "/" + position,
                            file.path("name").asString("file"),
                            page.path("last_edited_time").asString(""),
                            url));
                }
                position++;
            }
        }
        return attachments;
    }

    private static String text(JsonNode property) {
        String type = property.path("type").asString("");
        JsonNode value = property.path(type);
        return switch (type) {
            case "rich_text", "title" -> RichText.plain(value);
            case "select", "status" -> value.path("name").asString("");
            case "multi_select", "people", "files" -> names(value);
            case "created_by", "last_edited_by" -> value.path("name").asString("");
            case "date" -> date(value);
            case "checkbox" -> value.asBoolean(false) ? "yes" : "no";
            case "unique_id" ->
                Stream.of(
                                value.path("prefix").asString(""),
                                value.path("number").asString(""))
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining("-"));
            case "formula" -> text(value);
            case "rollup" -> rollup(value);
            case "verification" -> value.path("state").asString("");
            case "string", "number", "boolean", "url", "email", "phone_number", "created_time", "last_edited_time" ->
                value.asString("");
            default -> ""; // relations are ids, buttons have no value
        };
    }

    private static String rollup(JsonNode value) {
        if (!"array".equals(value.path("type").asString(""))) {
            return text(value);
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode entry : value.path("array")) {
            texts.add(text(entry));
        }
        return texts.stream().filter(text -> !text.isBlank()).collect(Collectors.joining(", "));
    }

    private static String date(JsonNode value) {
        String start = value.path("start").asString("");
        String end = value.path("end").asString("");
        return end.isEmpty() ? start : start + " to " + end;
    }

    private static String names(JsonNode value) {
        List<String> names = new ArrayList<>();
        for (JsonNode entry : value) {
            names.add(entry.path("name").asString(""));
        }
        return names.stream().filter(name -> !name.isEmpty()).collect(Collectors.joining(", "));
    }
}
