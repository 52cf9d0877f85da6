package io.knowledgebase.ingest.upload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.schemas.problem.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.org",
                "HTTP://example.org:8080/a?b=c#d",
                "https://münchen.example/straße",
                "http://under_score.example/"
            })
    void webAddressesAreTaken(String url) {
        assertThat(Fields.sourceUrl(" " + url + " ")).isEqualTo(url);
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.org", "//example.org", "https:///x", "file:///etc/passwd", "http://a b", "https:"})
    void otherAddressesAreRefused(String url) {
        assertThatThrownBy(() -> Fields.sourceUrl(url)).isInstanceOf(Problem.class);
    }

    @Test
    void metadataIsNormalizedJson() {
        assertThat(Fields.metadata("{ \"b\": [1.50, true, null, \"\\u0000\"] }"))
                .isEqualTo("{\"b\":[1.50,true,null,\"\uFFFD\"]}");
        assertThat(Fields.metadata((String) null)).isEqualTo("{}");
        assertThat(Fields.metadata(" ")).isEqualTo("{}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e40", "-1e-40", "1234567890123456789012345678901234567890", "0.1"})
    void numbersThatEverybodyReadsAreTaken(String number) {
        assertThat(Fields.metadata("{\"n\":" + number + "}")).startsWith("{\"n\":");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e41", "1e1000", "-1e-41", "12345678901234567890123456789012345678901", "1e999999999"})
    void otherNumbersAreRefused(String number) {
        assertThatThrownBy(() -> Fields.metadata("{\"n\":[" + number + "]}")).isInstanceOf(Problem.class);
    }

    @Test
    void metadataMayBeNestedButNotWithoutEnd() {
        assertThat(Fields.metadata("{\"a\":" + "[".repeat(49) + "]".repeat(49) + "}"))
                .isNotEmpty();
        assertThatThrownBy(() -> Fields.metadata("{\"a\":" + "[".repeat(50) + "]".repeat(50) + "}"))
                .isInstanceOf(Problem.class);
    }

    @Test
    void wrongContentTypeIsNoHint() {
        assertThat(Fields.contentType("text/html; charset=iso-8859-1")).isEqualTo("text/html;charset=iso-8859-1");
        assertThat(Fields.contentType("nonsense")).isNull();
        assertThat(Fields.contentType("a/b\r\nSet-Cookie: x")).isNull();
        assertThat(Fields.contentType(null)).isNull();
    }

    @Test
    void fileNameKeepsEverythingButControlCharacters() {
        assertThat(Fields.fileName("../a\u001b[31m\u0085\t.txt")).isEqualTo("../a\uFFFD[31m\uFFFD\uFFFD.txt");
    }
}
