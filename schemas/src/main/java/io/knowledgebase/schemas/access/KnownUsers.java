package io.knowledgebase.schemas.access;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.springframework.dao.DataAccessException;

/** Makes sure that users have a row, and remembers for a while who has: the chat application may delete them. */
final class KnownUsers {

    static final Duration MEMORY = Duration.ofMinutes(5);

    private static final int REMEMBERED_USERS = 10_000;
    private static final String READ_ONLY_TRANSACTION = "25006";

    private final Consumer<String> creator;
    private final Clock clock;
    private final Map<String, Instant> seen = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Instant> eldest) {
            return size() > REMEMBERED_USERS;
        }
    };

    /**
     * Nobody is known yet.
     *
     * @param creator creates a user's row unless there is one
     */
    KnownUsers(Consumer<String> creator, Clock clock) {
        this.creator = creator;
        this.clock = clock;
    }

    void ensure(String userId) {
        if (isKnown(userId)) {
            return;
        }
        try {
            creator.accept(userId);
        } catch (DataAccessException e) {
            if (!isReadOnly(e)) { // a replica for searches needs no row: a user without one has no documents
                throw e;
            }
        }
        synchronized (seen) {
            seen.put(userId, clock.instant());
        }
    }

    private boolean isKnown(String userId) {
        synchronized (seen) {
            Instant since = seen.get(userId);
            if (since != null && clock.instant().isBefore(since.plus(MEMORY))) {
                return true;
            }
            seen.remove(userId);
            return false;
        }
    }

    private static boolean isReadOnly(DataAccessException failure) {
        return failure.getRootCause() instanceof SQLException sql && READ_ONLY_TRANSACTION.equals(sql.getSQLState());
    }
}
