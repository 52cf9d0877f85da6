package io.knowledgebase.local.notion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageIdTest {

    static final UUID ID = UUID.fromString("aaaaaaaa-0000-4000-8000-000000000001");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "aaaaaaaa-0000-4000-8000-000000000001",
                "AAAAAAAA000040008000000000000001",
                "https://www.notion.so/Ferry-times-aaaaaaaa000040008000000000000001?pvs=4",
                "https://www.notion.so/aaaaaaaa000040008000000000000001",
                "https://www.notion.so/island/Façade-of-deadbeef-aaaaaaaa000040008000000000000001#bbbb",
                "https://app.notion.com/p/aaaaaaaa-0000-4000-8000-000000000001/",
                "https://www.notion.so/bbbbbbbb000040008000000000000002?v=1&p=aaaaaaaa000040008000000000000001&pm=s"
            })
    void idsAndLinksNameThePage(String text) {
        assertThat(PageId.of(text)).isEqualTo(ID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "abc",
                "",
                "1-1-1-1-1",
                "aaaaaaaa0000400080000000000000012",
                "https://www.notion.so/Ferry-times",
                "https://www.notion.so/Ferry-times-deadbeefaaaaaaaa000040008000000000000001",
                "https://www.notion.so/?q=aaaaaaaa000040008000000000000001"
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> PageId.of(text))
                .isInstanceOf(CommandFailedException.class)
                .hasMessage(text + " is neither the id nor the link of a page");
    }
}
