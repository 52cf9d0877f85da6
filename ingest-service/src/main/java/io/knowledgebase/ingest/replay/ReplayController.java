package io.knowledgebase.ingest.replay;

import io.knowledgebase.ingest.publish.Publisher;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Replays over HTTP, for operators. */
@RestController
@RequestMapping("/v1")
final class ReplayController {

    private static final Logger LOG = LoggerFactory.getLogger(ReplayController.class);

    private final ReplayStore store;
    private final Publisher publisher;

    ReplayController(ReplayStore store, Publisher publisher) {
        this.store = store;
        this.publisher = publisher;
    }

    /**
     * Which documents; those that meet all that is given.
     *
     * @param since accepted, changed or requeued then or later; text, because a number would be taken for seconds
     */
    record Wish(
            @Nullable UUID documentId,
            @Nullable String userId,
            @Nullable String sourceType,
            @Nullable String since) {

        @Nullable
        Instant from() {
            try {
                return since == null ? null : OffsetDateTime.parse(since).toInstant();
            } catch (DateTimeParseException e) {
                throw Problem.badField("since", "since is a time, as in 2026-11-22T20:38:00Z.");
            }
        }

        private boolean isOfEverything() {
            return documentId == null && userId == null && sourceType == null && since == null;
        }
    }

    /** What comes of a wish: so many documents are processed again. */
    record Replay(int documents) {}

    @PostMapping("/replays")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Replay replay(Caller caller, @RequestBody Wish wish) {
        caller.require(Caller.ADMIN);
        if (wish.isOfEverything()) {
            throw Problem.badField(
                    "documentId",
                    "Name a documentId, userId, sourceType or since; a new generation processes all documents.");
        }
        if (wish.documentId() != null && !store.exists(wish.documentId())) {
            throw Problem.notFound("There is no document " + wish.documentId() + ", or it is deleted.");
        }
        int documents = store.replay(wish);
        publisher.wake();
        LOG.info("event=replay documents={}", documents);
        return new Replay(documents);
    }

    /**
     * How far the topic of documents follows the table.
     *
     * @param wanted whether the epoch is still to be raised
     * @param remaining replayed documents that have no outcome yet
     */
    record Republication(boolean wanted, int epoch, Instant epochSince, long remaining) {}

    @GetMapping("/republication")
    Republication republication(Caller caller) {
        caller.require(Caller.ADMIN);
        return store.republication();
    }

    @PostMapping("/republication")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Republication republish(Caller caller) {
        caller.require(Caller.ADMIN);
        store.wishRepublication();
        publisher.wake();
        LOG.warn("event=republication-wanted");
        return store.republication();
    }
}
