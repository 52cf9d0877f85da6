package io.knowledgebase.ingest.notion.render;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PropertiesTest {

    private static final JsonNode PAGE = JsonMapper.shared().readTree("""
            {"id": "p", "last_edited_time": "t", "properties": {
              "Name": {"id": "title", "type": "title", "title": [{"plain_text": "A "}, {"plain_text": "title"}]},
              "Text": {"type": "rich_text", "rich_text": [{"plain_text": "some text"}]},
              "Number": {"type": "number", "number": 4.5},
              "No number": {"type": "number", "number": null},
              "Select": {"type": "select", "select": {"name": "red"}},
              "No select": {"type": "select", "select": null},
              "Status": {"type": "status", "status": {"name": "Done"}},
              "Tags": {"type": "multi_select", "multi_select": [{"name": "a"}, {"name": "b"}]},
              "Date": {"type": "date", "date": {"start": "2026-01-02", "end": "2026-01-05"}},
              "Day": {"type": "date", "date": {"start": "2026-01-02", "end": null}},
              "People": {"type": "people", "people": [{"name": "Ada"}, {"id": "x"}]},
              "Yes": {"type": "checkbox", "checkbox": true},
              "Site": {"type": "url", "url": "https://a.example"},
              "Mail": {"type": "email", "email": "a@a.example"},
              "Phone": {"type": "phone_number", "phone_number": "+1 2"},
              "Formula": {"type": "formula", "formula": {"type": "string", "string": "computed"}},
              "Sum": {"type": "rollup", "rollup": {"type": "number", "number": 7}},
              "All": {"type": "rollup", "rollup": {"type": "array", "array": [
                 {"type": "rich_text", "rich_text": [{"plain_text": "x"}]}, {"type": "number", "number": 1}]}},
              "Id": {"type": "unique_id", "unique_id": {"prefix": "KB", "number": 12}},
              "Files": {"id": "f", "type": "files", "files": [
                 {"name": "kept.pdf", "type": "file", "file": {"url": "https://s3.example/k"}},
                 {"name": "elsewhere", "type": "external", "external": {"url": "https://b.example"}}]},
              "Relation": {"type": "relation", "relation": [{"id": "x"}]},
              "Button": {"type": "button", "button": {}},
              "Unknown": {"type": "hologram", "hologram": {"x": 1}},
              "Broken": 5
            }}""");

    @Test
    void valuesAreTextAndWhatIsEmptyIsLeftOut() {
        assertThat(Properties.title(PAGE)).isEqualTo("A title");
        assertThat(Properties.values(PAGE).toString())
                .isEqualTo("{Text=some text, Number=4.5, Select=red, Status=Done, Tags=a, b,"
                        + " Date=2026-01-02 to 2026-01-05, Day=2026-01-02, People=Ada, Yes=yes,"
                        + " Site=https://a.example, Mail=a@a.example, Phone=+1 2, Formula=computed, Sum=7, All=x, 1,"
                        + " Id=KB-12, Files=kept.pdf, elsewhere}");
    }

    @Test
    void dataSourceHasItsTitleAtTheTop() {
        assertThat(Properties.title(JsonMapper.shared().readTree("""
                        {"object": "data_source", "title": [{"plain_text": "Projects"}],
                         "properties": {"Name": {"id": "title", "type": "title", "title": {}}}}"""))).isEqualTo("Projects");
        assertThat(Properties.title(JsonMapper.shared().readTree("{}"))).isEmpty();
    }

    @Test
    void filesThatNotionKeepsAreAttachments() {
        assertThat(Properties.attachments(PAGE))
                .containsExactly(new Attachment("p/f/0", "kept.pdf", "t", "https://s3.example/k"));
    }
}
