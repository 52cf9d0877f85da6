package io.knowledgebase.local.cutover;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class EvidenceReportTest {

    @Test
    void rowsAsideAndComparisonsAreTold() {
        Sheet sheet = EvidenceReport.of(JsonMapper.shared().readTree("""
                {"at": "2026-11-27T09:00:00Z",
                 "status": {"state": "cut-over", "since": "2026-11-27T08:00:00Z", "sqlite": "/data/chat.db",
                   "history": [{"at": "2026-11-27T08:00:00Z", "from": "verified", "to": "cut-over", "detail": "<why>"}],
                   "tables": [{"table": "users", "rowsAtStart": 3, "rowsRead": 3, "changes": 0,
                               "quarantined": {"blob": 1}}]},
                 "verifications": [{"id": 4, "finishedAt": "2026-11-27T08:00:00Z", "result": {"tables": [
                   {"table": "users", "rows": 3, "compared": 1, "quarantined": 1, "missing": 0, "different": 0,
                    "extra": 0}]}}, {"id": 5, "finishedAt": null, "result": null},
                   {"id": 6, "finishedAt": "2026-11-27T08:30:00Z", "result": {"tables": [], "texts":
                     {"found": 7, "missing": 1, "changedHere": 2}}}],
                 "quarantine": [{"table": "users", "id": 7, "reason": "blob", "detail": "email is a blob",
                                 "since": "2026-11-27T07:00:00Z"}],
                 "notTakenBack": [], "newDocuments": [],
                 "qdrant": {"collection": "documents", "round": 2, "points": 9,
                            "notKept": {"no-text": {"points": 1, "examples": ["17"]}}}}
                """));

        assertThat(sheet.sections())
                .extracting(Sheet.Section::heading)
                .containsExactly(
                        "What happened",
                        "Tables",
                        "Comparisons",
                        "Qdrant's points",
                        "Qdrant's points that are in no document",
                        "Rows that PostgreSQL could not take");
        assertThat(sheet.sections().get(2).rows())
                .containsExactly(
                        List.of("4", "2026-11-27T08:00:00Z", "users", "3", "1", "1", "0", "0", "0"),
                        List.of("6", "2026-11-27T08:30:00Z", "(Qdrant's texts)", "10", "8", "", "1", "", ""));
        assertThat(sheet.sections().get(4).rows()).containsExactly(List.of("no-text", "1", "17"));
        assertThat(sheet.sections().get(5).rows())
                .containsExactly(List.of("users", "7", "blob", "email is a blob", "2026-11-27T07:00:00Z"));
        assertThat(sheet.html()).contains("&lt;why&gt;").doesNotContain("<why>");
    }
}
