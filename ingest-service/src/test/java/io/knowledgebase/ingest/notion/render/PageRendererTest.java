package io.knowledgebase.ingest.notion.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PageRendererTest {

    private static final String PAGE = "page";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Map<String, List<JsonNode>> children = new HashMap<>();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "paragraph | 'rich_text': [@one two@] | one two",
                "heading_1 | 'rich_text': [@one@] | # one",
                "heading_2 | 'rich_text': [@one@] | ## one",
                "heading_3 | 'rich_text': [@one@] | ### one",
                "heading_4 | 'rich_text': [@one@] | #### one",
                "bulleted_list_item | 'rich_text': [@one@] | - one",
                "numbered_list_item | 'rich_text': [@one@] | 1. one",
                "numbered_list_item | 'rich_text': [@one@], 'list_start_index': 7 | 7. one",
                "to_do | 'rich_text': [@one@], 'checked': true | - [x] one",
                "to_do | 'rich_text': [@one@], 'checked': false | - [ ] one",
                "toggle | 'rich_text': [@one@] | - one",
                "quote | 'rich_text': [@one@] | > one",
                "callout | 'rich_text': [@one@], 'icon': {'type': 'emoji', 'emoji': '!'} | > one",
                "template | 'rich_text': [@one@] | one",
                "equation | 'expression': 'a^2' | $$a^2$$",
                "bookmark | 'url': 'https://a.example/b', 'caption': [@one@] | [one](https://a.example/b)",
                "embed | 'url': 'https://a.example/b', 'caption': [] | [https://a.example/b](https://a.example/b)",
                "link_preview | 'url': 'https://a.example/b' | [https://a.example/b](https://a.example/b)",
                "image | 'type': 'external', 'external': {'url': 'https://a.example/b.png'}, 'caption': [@one@] | [one](https://a.example/b.png)",
                "video | 'type': 'external', 'external': {'url': 'https://a.example/v'}, 'caption': [@one@] | [one](https://a.example/v)",
                "audio | 'type': 'file', 'file': {'url': 'https://s3.example/x/a%20b.mp3?X=1'}, 'caption': [@one@] | one",
                "pdf | 'type': 'file', 'file': {'url': 'https://s3.example/x/report.pdf?X=1'}, 'caption': [] | report.pdf",
                "file | 'type': 'file', 'name': 'plan.odt', 'file': {'url': 'https://s3.example/x?X=1'}, 'caption': [] | plan.odt",
                "child_page | 'title': 'one' | [one](https://www.notion.so/b)",
                "child_database | 'title': 'one' | [one](https://www.notion.so/b)",
                "link_to_page | 'type': 'page_id', 'page_id': 'a-b' | https://www.notion.so/ab",
                "meeting_notes | 'title': [@one@] | one",
                "transcription | 'title': [@one@] | one",
            })
    void blockBecomesMarkdown(String type, String value, String markdown) {
        assertThat(render(block("b", type, value)).markdown()).isEqualTo(markdown + "\n");
    }

    @ParameterizedTest
    @CsvSource({"table_of_contents", "breadcrumb", "divider", "column_list", "column", "tab", "synced_block"})
    void blockWithoutTextIsNothingAndNoWarning(String type) {
        RenderedPage rendered = render(block("b", type, "'x': 1"));

        assertThat(rendered.markdown()).isBlank();
        assertThat(rendered.skipped()).isEmpty();
    }

    @Test
    void codeKeepsItsLinesLanguageAndCaption() {
        assertThat(render(block(
                                "b",
                                "code",
                                "'rich_text': [@int x;\\n```\\n  y();@], 'language': 'java', 'caption': [@one@]"))
                        .markdown())
                .isEqualTo("````java\nint x;\n```\n  y();\n````\n\none\n");
    }

    @Test
    void listsNestAndJoinAndStayApartFromWhatFollows() {
        has("a", block("a1", "bulleted_list_item", "'rich_text': [@in@]"), block("a2", "to_do", "'rich_text': [@do@]"));

        assertThat(render(
                                parent("a", "bulleted_list_item", "'rich_text': [@out@]"),
                                block("b", "bulleted_list_item", "'rich_text': [@next@]"),
                                block("c", "numbered_list_item", "'rich_text': [@first@]"),
                                block("d", "numbered_list_item", "'rich_text': [@second@]"),
                                block("e", "paragraph", "'rich_text': [@after@]"))
                        .markdown())
                .isEqualTo("- out\n  - in\n  - [ ] do\n- next\n\n1. first\n2. second\n\nafter\n");
    }

    @Test
    void tableBecomesRowsOfOneLine() {
        has(
                "t",
                block("r1", "table_row", "'cells': [[@Name@], [@Size@]]"),
                block("r2", "table_row", "'cells': [[@a|b@], [@1\\n2@]]"));

        assertThat(render(parent("t", "table", "'table_width': 2, 'has_column_header': true"))
                        .markdown())
                .isEqualTo("|Name|Size|\n|---|---|\n|a\\|b|1 2|\n");
    }

    @Test
    void columnsTogglesAndSyncedBlocksAreReadThrough() {
        has("cols", parent("col", "column", "'x': 1"));
        has("col", parent("s", "synced_block", "'synced_from': null"));
        has("s", block("p", "paragraph", "'rich_text': [@shared@]"));

        RenderedPage rendered = render(
                parent("cols", "column_list", "'x': 1"),
                parent("copy", "synced_block", "'synced_from': {'type': 'block_id', 'block_id': 's'}"));

        assertThat(rendered.markdown()).isEqualTo("shared\n\nshared\n");
        assertThat(rendered.blocks()).isEqualTo(6);
    }

    @Test
    void meetingNotesHaveTheirParts() {
        has("sum", block("s", "paragraph", "'rich_text': [@short@]"));
        has("tra", block("t", "paragraph", "'rich_text': [@long@]"));

        assertThat(render(
                                block(
                                        "m",
                                        "meeting_notes",
                                        "'title': [@Standup@], 'children': {'summary_block_id': 'sum', 'transcript_block_id': 'tra'}"))
                        .markdown())
                .isEqualTo("Standup\n\nshort\n\nlong\n");
    }

    @Test
    void cycleThroughSyncedBlocksEnds() {
        has("s", parent("inner", "synced_block", "'synced_from': {'type': 'block_id', 'block_id': 's'}"));

        RenderedPage rendered = render(
                parent("s", "synced_block", "'synced_from': null"), block("p", "paragraph", "'rich_text': [@after@]"));

        assertThat(rendered.markdown()).isEqualTo("after\n");
        assertThat(rendered.skipped()).containsExactly(Map.entry("cycle", 1));
    }

    @Test
    void whatIsNotUnderstoodIsCountedAndTheRestIsRead() {
        has("h", block("in", "paragraph", "'rich_text': [@inside@]"));

        RenderedPage rendered = render(
                block("a", "hologram", "'rich_text': [@shown@]"),
                parent("h", "hologram", "'depth': 3"),
                block("b", "unsupported", "'block_type': 'form'"),
                JSON.readTree("{\"object\": \"block\"}"),
                JSON.readTree("{\"id\": \"x\", \"type\": \"paragraph\", \"paragraph\": \"text\"}"),
                JSON.readTree("[]"),
                parent("missing", "toggle", "'rich_text': 5"),
                block("c", "paragraph", "'rich_text': [@last@, 7, null, {}]"));

        assertThat(rendered.markdown()).isEqualTo("shown\n\ninside\n\n- \n\nlast\n");
        assertThat(rendered.skipped()).isEqualTo(Map.of("hologram", 2, "form", 1, "malformed", 3, "no-access", 1));
    }

    @Test
    void tooManyBlocksAndTooDeepOnesAreLeftOut() {
        JsonNode[] many = IntStream.range(0, 120)
                .mapToObj(i -> block("m" + i, "paragraph", "'rich_text': [@line@]"))
                .toArray(JsonNode[]::new);
        assertThat(render(many).skipped()).containsExactly(Map.entry("too-many", 1));
        for (int i = 0; i < 60; i++) {
            has("d" + i, parent("d" + (i + 1), "toggle", "'rich_text': [@deep@]"));
        }
        assertThat(render(parent("d0", "toggle", "'rich_text': [@deep@]")).skipped())
                .containsExactly(Map.entry("too-deep", 1));
    }

    @Test
    void textThatLooksLikeMarkdownStaysText() {
        assertThat(render(
                                block("a", "paragraph", "'rich_text': [@# no heading@]"),
                                block("b", "paragraph", "'rich_text': [@1. no item\\n- nor this@]"))
                        .markdown())
                .isEqualTo("\\# no heading\n\n1\\. no item  \n\\- nor this\n");
    }

    @Test
    void linksMentionsAndEquationsOfRichTextAreRead() {
        assertThat(render(block(
                                "a",
                                "paragraph",
                                "'rich_text': [{'plain_text': 'site', 'href': 'https://a.example'}, {'plain_text': ' by '},"
                                        + " {'type': 'mention', 'plain_text': '@Ada', 'href': '/abc'},"
                                        + " {'type': 'equation', 'equation': {'expression': ' x'}}]"))
                        .markdown())
                .isEqualTo("[site](https://a.example) by [@Ada](https://www.notion.so/abc) x\n");
    }

    @Test
    void propertiesComeFirstAndCommentsLast() {
        has(PAGE, block("a", "paragraph", "'rich_text': [@text@]"));

        assertThat(PageRenderer.render(PAGE, Map.of("Status", "In *progress*"), this::read, List.of("Ada: Nice"), 100)
                        .markdown())
                .isEqualTo("- Status: In \\*progress\\*\n\ntext\n\n# Comments\n\n- Ada: Nice\n");
    }

    @Test
    void filesOfNotionAreAttachmentsAndTheirAddressesNoText() {
        RenderedPage rendered = render(block(
                "f",
                "pdf",
                "'type': 'file', 'file': {'url': 'https://s3.example/secret/a.pdf?X-Amz=1'}, 'caption': []"));

        assertThat(rendered.attachments())
                .containsExactly(new Attachment("f", "a.pdf", "", "https://s3.example/secret/a.pdf?X-Amz=1"));
        assertThat(rendered.markdown()).doesNotContain("s3.example");
    }

    private RenderedPage render(JsonNode... blocks) {
        has(PAGE, blocks);
        return PageRenderer.render(PAGE, Map.of(), this::read, List.of(), 100);
    }

    private boolean read(String id, java.util.function.Predicate<JsonNode> each) {
        if (!children.containsKey(id)) {
            return false;
        }
        for (JsonNode block : children.get(id)) {
            if (!each.test(block)) {
                break;
            }
        }
        return true;
    }

    private void has(String id, JsonNode... blocks) {
        children.put(id, new ArrayList<>(List.of(blocks)));
    }

    private static JsonNode block(String id, String type, String value) {
        return json(id, type, value, false);
    }

    private static JsonNode parent(String id, String type, String value) {
        return json(id, type, value, true);
    }

    /** Quotes are single ones, and a text between at signs is a run of rich text. */
    private static JsonNode json(String id, String type, String value, boolean hasChildren) {
        String runs = value.replaceAll("@([^@']*)@", "{'plain_text': '$1'}").replace('\'', '"');
        return JSON.readTree("{\"object\": \"block\", \"id\": \"" + id + "\", \"type\": \"" + type
                + "\", \"has_children\": " + hasChildren + ", \"" + type + "\": {" + runs + "}}");
    }
}
