package io.knowledgebase.local.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseAddressTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://anna:p%40ss%2Fword@db.example:5433/kb?sslmode=require",
                "jdbc:postgresql://anna:p%40ss%2Fword@db.example:5433/kb?sslmode=require",
                "jdbc:postgresql://db.example:5433/kb?user=anna&sslmode=require&password=p%40ss%2Fword"
            })
    void everySpellingNamesTheSameDatabase(String url) {
        assertThat(DatabaseAddress.parse(url))
                .isEqualTo(new DatabaseAddress(
                        "jdbc:postgresql://db.example:5433/kb?sslmode=require", "anna", "p@ss/word"));
    }

    @Test
    void thePortMayBeLeftOut() {
        assertThat(DatabaseAddress.parse("postgres://a:b@localhost/kb").jdbcUrl())
                .isEqualTo("jdbc:postgresql://localhost/kb");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mysql://a:b@host/kb", "postgresql://host/kb", "postgresql://a:b@host", "nonsense", "a b"})
    void whatIsNotOneIsRefused(String url) {
        assertThatThrownBy(() -> DatabaseAddress.parse(url)).hasMessageContaining("KB_DATABASE_URL");
    }

    @Test
    void thePasswordIsNotShown() {
        assertThat(DatabaseAddress.parse("postgresql://a:secret@host/kb").toString())
                .doesNotContain("secret");
    }
}
