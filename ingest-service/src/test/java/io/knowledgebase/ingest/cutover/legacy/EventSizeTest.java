package io.knowledgebase.ingest.cutover.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.sqlite.InvalidText;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class EventSizeTest {

    @Test
    void textsCountAsTheyAreWritten() {
        String text = "a\"\\/\b\f\n\r\t\u0001\u001f\u007f\u0080ä\u07ff\u0800€\uffff😀".repeat(1_000);
        int written = JsonMapper.shared().writeValueAsBytes(text).length - "\"\"".length();

        assertThat(withheld(text, written)).isEmpty();
        assertThat(withheld(text, written - 1)).containsExactly("content");
    }

    @Test
    void bytesCountAsDigits() {
        assertThat(withheld(new byte[10], 20)).isEmpty();
        assertThat(withheld(new byte[10], 19)).containsExactly("content");
        assertThat(withheld(new InvalidText("ff"), 2)).isEmpty();
        assertThat(withheld(new InvalidText("ff"), 1)).containsExactly("content");
    }

    @Test
    void theLargestAreWithheldUntilTheOthersFit() {
        Map<String, Object> row = new HashMap<>(Map.of("role", "1234", "content", "123456", "sources", "12", "id", 7L));
        row.put("created_at", null);

        assertThat(EventSize.withheld(LegacyTable.CHAT_MESSAGES, row, 12)).isEmpty();
        assertThat(EventSize.withheld(LegacyTable.CHAT_MESSAGES, row, 11)).containsExactly("content");
        assertThat(EventSize.withheld(LegacyTable.CHAT_MESSAGES, row, 5)).containsExactlyInAnyOrder("content", "role");
    }

    private static Set<String> withheld(Object content, int mostBytes) {
        return EventSize.withheld(LegacyTable.CHAT_MESSAGES, Map.of("content", content), mostBytes);
    }
}
