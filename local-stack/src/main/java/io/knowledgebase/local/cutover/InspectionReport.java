package io.knowledgebase.local.cutover;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** What was found in a database, for people. */
final class InspectionReport {

    private InspectionReport() {}

    static Sheet of(JsonNode found) {
        List<String> lines = new ArrayList<>();
        lines.add("file     " + found.path("sqlite").asString(""));
        lines.add("journal  " + found.path("journalMode").asString(""));
        String version = found.path("sqliteVersion").asString("");
        if (!version.isEmpty()) {
            lines.add("SQLite   " + version + " wrote it last");
        }
        if (found.path("captured").asBoolean()) {
            lines.add("capture  its triggers are in the file already");
        }
        List<JsonNode> tables = List.copyOf(found.path("tables").values());
        List<Sheet.Section> sections = new ArrayList<>();
        sections.add(new Sheet.Section(
                "Tables of the application",
                List.of("table", "rows", "schema"),
                tables.stream()
                        .map(table -> List.of(
                                table.path("table").asString(""),
                                table.path("rows").asString(""),
                                schema(table)))
                        .toList()));
        sections.add(new Sheet.Section(
                "What will happen with oddities",
                List.of("table", "column", "what", "rows", "ids such as", "what will happen"),
                tables.stream()
                        .flatMap(table -> table.path("hazards").values().stream()
                                .map(hazard -> List.of(
                                        table.path("table").asString(""),
                                        hazard.path("column").asString(""),
                                        what(hazard.path("kind").asString("")),
                                        hazard.path("rows").asString(""),
                                        texts(hazard.path("examples"), " "),
                                        effect(hazard.path("effect").asString("")))))
                        .toList()));
        sections.add(new Sheet.Section(
                "Other tables, which are not migrated",
                List.of("table", "rows"),
                found.path("otherTables").values().stream()
                        .map(table -> List.of(
                                table.path("table").asString(""),
                                table.path("rows").asString("")))
                        .toList()));
        sections.add(new Sheet.Section(
                "What could be moved with --mapping",
                List.of("table", "columns"),
                found.path("unmapped").properties().stream()
                        .map(table -> List.of(
                                table.getKey(),
                                table.getValue().properties().stream()
                                        .map(column -> column.getKey() + " "
                                                + column.getValue().asString(""))
                                        .collect(Collectors.joining(", "))))
                        .toList()));
        JsonNode qdrant = found.path("qdrant");
        if (qdrant.isObject()) {
            sections.add(collection(qdrant));
            sections.add(points("Qdrant's points that cannot be part of a document", qdrant.path("oddities")));
        }
        return Sheet.of("Inspection", lines, sections);
    }

    private static Sheet.Section collection(JsonNode qdrant) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("collection", qdrant.path("collection").asString("")));
        rows.add(List.of("points", qdrant.path("points").asString("")));
        qdrant.path("bySourceType")
                .properties()
                .forEach(type -> rows.add(List.of(
                        "points of type " + type.getKey(), type.getValue().asString(""))));
        rows.add(List.of("files and pages", qdrant.path("sources").asString("")));
        rows.add(List.of("owners", qdrant.path("owners").asString("")));
        rows.add(List.of("points without an owner", qdrant.path("unowned").asString("")));
        rows.add(List.of("points with U+0000", qdrant.path("cleaned").asString("")));
        return new Sheet.Section("Qdrant", List.of("what", "how many"), rows);
    }

    /** Points by the reason why they are in no document. */
    static Sheet.Section points(String heading, JsonNode byReason) {
        return new Sheet.Section(
                heading,
                List.of("reason", "points", "ids such as"),
                byReason.properties().stream()
                        .map(reason -> List.of(
                                reason.getKey(),
                                reason.getValue().path("points").asString(""),
                                texts(reason.getValue().path("examples"), " ")))
                        .toList());
    }

    private static String schema(JsonNode table) {
        if (!table.path("present").asBoolean()) {
            return "not there: left out";
        }
        List<String> remarks = new ArrayList<>();
        remark(remarks, "missing, will be null: ", texts(table.path("missingColumns"), ", "));
        remark(remarks, "not migrated: ", texts(table.path("extraColumns"), ", "));
        remark(
                remarks,
                "other types: ",
                table.path("otherTypes").values().stream()
                        .map(type -> type.path("column").asString("") + " "
                                + type.path("declared").asString("") + " instead of "
                                + type.path("expected").asString(""))
                        .collect(Collectors.joining(", ")));
        remark(
                remarks,
                "triggers, which stay and which the way back does not fire: ",
                texts(table.path("triggers"), ", "));
        if (table.path("uncaptured").asBoolean()) {
            remarks.add(
                    "no triggers of the capture: it was made anew, and is read anew, or it is newer than the move, which cannot"
                            + " be completed then");
        }
        if (!table.path("inOrder").asBoolean()) {
            remarks.add("another order of columns, which does not matter");
        }
        return remarks.isEmpty() ? "as expected" : String.join("; ", remarks);
    }

    private static void remark(List<String> remarks, String what, String which) {
        if (!which.isEmpty()) {
            remarks.add(what + which);
        }
    }

    private static String texts(JsonNode values, String separator) {
        return values.values().stream().map(JsonNode::asString).collect(Collectors.joining(separator));
    }

    private static String what(String kind) {
        return switch (kind) {
            case "nul" -> "has the character U+0000";
            case "not-utf8" -> "is a text that is not UTF-8";
            case "odd-date" -> "is no date";
            case "not-boolean" -> "is neither 0 nor 1";
            case "not-integer" -> "is no whole number, or too large a one";
            case "not-number" -> "is no number";
            case "not-bytes" -> "is no blob";
            case "blob" -> "is a blob";
            case "id-out-of-range" -> "is negative or at least 1,000,000,000";
            case "too-large" -> "makes a row of more than 8 MiB as JSON";
            case "duplicate" -> "is there in an earlier row already";
            case "orphan" -> "names a row that is not there";
            case "null-reference" -> "is null";
            case "broken-json" -> "is no JSON";
            default -> kind;
        };
    }

    private static String effect(String effect) {
        return switch (effect) {
            case "converted" ->
                "what PostgreSQL cannot hold is taken out or becomes U+FFFD, the original is kept aside";
            case "as-it-is" -> "the row is migrated as it is";
            case "quarantined" -> "the row is kept aside and listed until it fits";
            default -> effect;
        };
    }
}
