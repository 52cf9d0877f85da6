package io.knowledgebase.ingest.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CursorTest {

    @Test
    void cursorIsReadAsItWasWritten() {
        Cursor cursor = new Cursor(Instant.parse("2026-11-22T20:38:01.123456Z"), UUID.randomUUID());

        assertThat(Cursor.decode(cursor.encode())).contains(cursor);
    }

    @Test
    void anythingElseIsNoCursor() {
        assertThat(Cursor.decode("")).isEmpty();
        assertThat(Cursor.decode("%%%")).isEmpty();
        assertThat(Cursor.decode(encoded(new byte[23]))).isEmpty();
        assertThat(Cursor.decode(encoded(new byte[25]))).isEmpty();
        byte[] beyondTime = new byte[24];
        beyondTime[0] = 0x7f;
        assertThat(Cursor.decode(encoded(beyondTime))).isEmpty();
        beyondTime[0] = (byte) 0x80;
        assertThat(Cursor.decode(encoded(beyondTime))).isEmpty();
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().encodeToString(bytes);
    }
}
