package io.knowledgebase.local.cutover;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class InspectionReportTest {

    private final Sheet report = InspectionReport.of(JsonMapper.shared().readTree("""
            {"sqlite": "/data/chat.db", "journalMode": "wal", "captured": false,
             "tables": [
               {"table": "users", "present": true, "rows": 3, "missingColumns": ["email"], "extraColumns": ["plan"],
                "otherTypes": [], "inOrder": false, "triggers": [],
                "hazards": [{"kind": "odd-date", "column": "created_at", "effect": "quarantined", "rows": 2,
                             "examples": [1, 2]}]},
               {"table": "usage_logs", "present": false, "rows": 0, "missingColumns": [], "extraColumns": [],
                "otherTypes": [], "inOrder": true, "triggers": [], "hazards": []}],
             "otherTables": [{"table": "<b>odd</b>", "rows": 7}],
             "unmapped": {"users": {"plan": "text", "score": "double precision"}},
             "qdrant": {"collection": "documents", "points": 9, "bySourceType": {"upload": 8}, "sources": 2, "owners": 1,
               "unowned": 3, "cleaned": 0, "oddities": {"no-text": {"points": 1, "examples": ["17"]}}}}
            """));

    @Test
    void whatWillHappenIsSaidInWords() {
        assertThat(report.sections().get(0).rows())
                .containsExactly(
                        List.of(
                                "users",
                                "3",
                                "missing, will be null: email; not migrated: plan; another order of columns, which does"
                                        + " not matter"),
                        List.of("usage_logs", "0", "not there: left out"));
        assertThat(report.sections().get(1).rows())
                .containsExactly(List.of(
                        "users",
                        "created_at",
                        "is no date",
                        "2",
                        "1 2",
                        "the row is kept aside and listed until it fits"));
        assertThat(report.sections().get(3).rows())
                .containsExactly(List.of("users", "plan text, score double precision"));
    }

    @Test
    void collectionIsTold() {
        assertThat(report.sections().get(4).rows()).contains(List.of("points of type upload", "8"));
        assertThat(report.sections().get(5).rows()).containsExactly(List.of("no-text", "1", "17"));
    }

    @Test
    void namesInTheFileCannotWriteHtml() {
        assertThat(report.html()).contains("&lt;b&gt;odd&lt;/b&gt;").doesNotContain("<b>");
    }
}
