package io.knowledgebase.local.cutover;

import io.knowledgebase.local.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** What was found in a database, for people. */
record InspectionReport(List<String> lines, List<Section> sections) {

    private static final String STYLE =
            "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
                    + "table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #ccc;padding:.3em .6em;"
                    + "text-align:left;vertical-align:top}";

    /** A table under its heading. */
    record Section(String heading, List<String> columns, List<List<String>> rows) {}

    static InspectionReport of(JsonNode found) {
        List<String> lines = new ArrayList<>();
        lines.add("file     " + found.path("sqlite").asString(""));
        lines.add("journal  " + found.path("journalMode").asString(""));
        if (found.path("captured").asBoolean()) {
            lines.add("capture  its triggers are in the file already");
        }
        List<JsonNode> tables = List.copyOf(found.path("tables").values());
        List<Section> sections = new ArrayList<>();
        sections.add(new Section(
                "Tables of the application",
                List.of("table", "rows", "schema"),
                tables.stream()
                        .map(table -> List.of(
                                table.path("table").asString(""),
                                table.path("rows").asString(""),
                                schema(table)))
                        .toList()));
        sections.add(new Section(
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
        sections.add(new Section(
                "Other tables, which are not migrated",
                List.of("table", "rows"),
                found.path("otherTables").values().stream()
                        .map(table -> List.of(
                                table.path("table").asString(""),
                                table.path("rows").asString("")))
                        .toList()));
        return new InspectionReport(
                List.copyOf(lines),
                sections.stream().filter(section -> !section.rows().isEmpty()).toList());
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
        remark(remarks, "triggers: ", texts(table.path("triggers"), ", "));
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
            case "odd-date" -> "is no date";
            case "not-boolean" -> "is neither 0 nor 1";
            case "not-integer" -> "is no whole number of 32 bits";
            case "blob" -> "is a blob";
            case "id-out-of-range" -> "is negative or at least 1,000,000,000";
            case "duplicate" -> "is there in an earlier row already";
            case "orphan" -> "names a row that is not there";
            case "null-reference" -> "is null";
            case "broken-json" -> "is no JSON";
            default -> kind;
        };
    }

    private static String effect(String effect) {
        return switch (effect) {
            case "converted" -> "the character is taken out, the original kept aside";
            case "as-it-is" -> "the row is migrated as it is";
            case "quarantined" -> "the row is kept aside and listed until it fits";
            default -> effect;
        };
    }

    void print(Terminal terminal) {
        lines.forEach(terminal::line);
        for (Section section : sections) {
            terminal.line("");
            terminal.line(section.heading());
            terminal.table(section.columns(), section.rows());
        }
    }

    /** One page that needs nothing else. */
    String html() {
        String tables = sections.stream()
                .map(section -> "<h2>" + escaped(section.heading()) + "</h2><table>" + row("th", section.columns())
                        + section.rows().stream().map(cells -> row("td", cells)).collect(Collectors.joining())
                        + "</table>")
                .collect(Collectors.joining("\n"));
        return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Inspection</title><style>" + STYLE
                + "</style><h1>Inspection</h1><pre>" + escaped(String.join("\n", lines)) + "</pre>\n" + tables
                + "</html>\n";
    }

    private static String row(String cell, List<String> texts) {
        return texts.stream()
                .map(text -> "<" + cell + ">" + escaped(text) + "</" + cell + ">")
                .collect(Collectors.joining("", "<tr>", "</tr>"));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
