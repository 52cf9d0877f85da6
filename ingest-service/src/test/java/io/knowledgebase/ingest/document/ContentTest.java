package io.knowledgebase.ingest.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ContentTest {

    @Test
    void hashAndLengthAreThoseOfTheBytes() throws Exception {
        assertThat(Content.of(new byte[0]).sha256())
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        byte[] data = new byte[200_001];
        new Random(1).nextBytes(data);

        Content streamed = Content.of(() -> new ByteArrayInputStream(data));

        assertThat(streamed.sha256()).isEqualTo(Content.of(data).sha256());
        assertThat(streamed.bytes()).isEqualTo(data.length);
        assertThat(streamed.source().open().readAllBytes()).isEqualTo(data);
    }
}
