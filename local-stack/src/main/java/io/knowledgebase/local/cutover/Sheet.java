package io.knowledgebase.local.cutover;

import io.knowledgebase.local.terminal.Terminal;
import java.util.List;
import java.util.stream.Collectors;

/** What there is to say about something, for people: lines, and tables. */
record Sheet(String title, List<String> lines, List<Section> sections) {

    private static final String STYLE =
            "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
                    + "table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #ccc;padding:.3em .6em;"
                    + "text-align:left;vertical-align:top}";

    /** A table under its heading. */
    record Section(String heading, List<String> columns, List<List<String>> rows) {}

    /** A sheet without its empty tables. */
    static Sheet of(String title, List<String> lines, List<Section> sections) {
        return new Sheet(
                title,
                List.copyOf(lines),
                sections.stream().filter(section -> !section.rows().isEmpty()).toList());
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
        return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" + escaped(title)
                + "</title><style>" + STYLE + "</style><h1>" + escaped(title) + "</h1><pre>"
                + escaped(String.join("\n", lines)) + "</pre>\n" + tables
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
