package io.knowledgebase.local.cutover;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is known of a move, for people. */
final class EvidenceReport {

    private EvidenceReport() {}

    static Sheet of(JsonNode evidence) {
        JsonNode status = evidence.path("status");
        List<String> lines = new ArrayList<>();
        lines.add("file     " + status.path("sqlite").asString(""));
        lines.add("state    " + status.path("state").asString("") + " since "
                + status.path("since").asString(""));
        lines.add("as of    " + evidence.path("at").asString(""));
        return Sheet.of(
                "Move to PostgreSQL",
                lines,
                List.of(
                        section("What happened", status.path("history"), "at", "from", "to", "detail"),
                        section(
                                "Tables",
                                status.path("tables"),
                                "table",
                                "rowsAtStart",
                                "rowsRead",
                                "changes",
                                "quarantined"),
                        verifications(evidence.path("verifications")),
                        imported(evidence.path("qdrant")),
                        InspectionReport.points(
                                "Qdrant's points that are in no document", evidence.at("/qdrant/notKept")),
                        section(
                                "Rows that PostgreSQL could not take",
                                evidence.path("quarantine"),
                                "table",
                                "id",
                                "reason",
                                "detail",
                                "since"),
                        section(
                                "Rows that the file could not take back as they are",
                                evidence.path("notTakenBack"),
                                "table",
                                "id",
                                "detail",
                                "since"),
                        section(
                                "Documents added or changed since the cutover, which cannot be taken back",
                                evidence.path("newDocuments"),
                                "documentId",
                                "userId",
                                "externalId",
                                "title",
                                "since")));
    }

    private static Sheet.Section section(String heading, JsonNode objects, String... fields) {
        return new Sheet.Section(
                heading,
                List.of(fields),
                objects.values().stream().map(object -> row(object, fields)).toList());
    }

    private static List<String> row(JsonNode object, String... fields) {
        List<String> row = new ArrayList<>();
        for (String field : fields) {
            JsonNode value = object.path(field);
            row.add(value.isObject() ? value.isEmpty() ? "" : value.toString() : value.asString(""));
        }
        return row;
    }

    private static Sheet.Section imported(JsonNode qdrant) {
        return section(
                "Qdrant's points",
                qdrant.isObject() ? JsonMapper.shared().createArrayNode().add(qdrant) : qdrant,
                "collection",
                "round",
                "stable",
                "points",
                "kept",
                "documents",
                "unsettled",
                "unownedTo",
                "changes");
    }

    private static Sheet.Section verifications(JsonNode verifications) {
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode one : verifications) {
            JsonNode texts = one.at("/result/texts");
            if (texts.isObject()) {
                long looked =
                        texts.path("found").asLong() + texts.path("missing").asLong();
                rows.add(List.of(
                        one.path("id").asString(""),
                        one.path("finishedAt").asString(""),
                        "(Qdrant's texts)",
                        Long.toString(looked + texts.path("changedHere").asLong()),
                        Long.toString(looked),
                        "",
                        texts.path("missing").asString(""),
                        "",
                        ""));
            }
            for (JsonNode table : one.at("/result/tables")) {
                List<String> row = new ArrayList<>(List.of(
                        one.path("id").asString(""), one.path("finishedAt").asString("")));
                row.addAll(row(table, "table", "rows", "compared", "quarantined", "missing", "different", "extra"));
                rows.add(List.copyOf(row));
            }
        }
        return new Sheet.Section(
                "Comparisons",
                List.of("id", "at", "table", "rows", "compared", "quarantined", "missing", "different", "extra"),
                rows);
    }
}
