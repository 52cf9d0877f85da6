package io.knowledgebase.schemas.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;

class KnownUsersTest {

    private final List<String> created = new ArrayList<>();
    private Instant now = Instant.parse("2026-11-22T20:38:00Z");

    private final Clock clock = new Clock() {
        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    };

    @Test
    void userIsCreatedOnceAndAgainAfterAWhile() {
        KnownUsers users = new KnownUsers(created::add, clock);
        users.ensure("ann");
        now = now.plus(KnownUsers.MEMORY).minusMillis(1);
        users.ensure("ann");
        assertThat(created).containsExactly("ann");

        now = now.plus(Duration.ofMillis(1));
        users.ensure("ann");

        assertThat(created).as("the chat application may have deleted her").containsExactly("ann", "ann");
    }

    @Test
    void readOnlyDatabaseNeedsNoRow() {
        KnownUsers users = new KnownUsers(failing("25006"), clock);

        users.ensure("ann");
        users.ensure("ann");

        assertThat(created).containsExactly("ann");
    }

    @Test
    void otherFailuresAreTold() {
        KnownUsers users = new KnownUsers(failing("08006"), clock);

        assertThatThrownBy(() -> users.ensure("ann")).isInstanceOf(DataAccessResourceFailureException.class);
        assertThatThrownBy(() -> users.ensure("ann")).as("not remembered").isInstanceOf(Exception.class);
    }

    private Consumer<String> failing(String sqlState) {
        return user -> {
            created.add(user);
            throw new DataAccessResourceFailureException("", new SQLException("", sqlState));
        };
    }
}
