package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult;
import io.knowledgebase.ingest.cutover.qdrant.KeptText;
import io.knowledgebase.ingest.cutover.qdrant.QdrantSource;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The move over HTTP, for operators. */
@RestController
@RequestMapping("/v1/cutover")
final class CutoverController {

    private static final int MOST_LISTED = 1_000;

    private final Cutover cutover;

    CutoverController(Cutover cutover) {
        this.cutover = cutover;
    }

    /**
     * What is taken over.
     *
     * @param sqlite absolute path of the file, as this service sees it
     * @param exports absolute path of the folder into which the file is exported, if it is not captured itself
     * @param mapping types of further columns, by table and column; null for none, or those of the same move before
     * @param qdrant null to leave it alone
     */
    record Wanted(
            @Nullable String sqlite,
            @Nullable String exports,
            @Nullable Map<String, Map<String, String>> mapping,
            @Nullable Qdrant qdrant) {

        @Nullable
        QdrantSource points() {
            return qdrant == null ? null : qdrant.source();
        }

        @Nullable
        LegacySchema mapped() {
            return mapping == null ? null : LegacySchema.of(mapping);
        }

        Source source() {
            if (exports == null) {
                return new Source(file(), null, points(), mapped());
            }
            if (sqlite != null) {
                throw Problem.badField("exports", "Either sqlite or exports is given, not both.");
            }
            return new Source(null, path("exports", exports), points(), mapped());
        }

        Path file() {
            if (sqlite == null || sqlite.isBlank()) {
                throw Problem.badField("sqlite", "sqlite is the path of the application's file.");
            }
            return path("sqlite", sqlite);
        }

        private static Path path(String field, String text) {
            try {
                return Path.of(text).normalize();
            } catch (InvalidPathException e) {
                throw Problem.badField(field, field + " is no path.");
            }
        }
    }

    /** Where Qdrant's points are, as {@link QdrantSource} has it. */
    record Qdrant(
            @Nullable String url,
            @Nullable String collection,
            @Nullable String apiKey,
            @Nullable String vector,
            @Nullable String unownedTo) {

        /** Without the key. */
        @Override
        public String toString() {
            return "Qdrant[url=" + url + ", collection=" + collection + "]";
        }

        QdrantSource source() {
            if (url == null) {
                throw Problem.badField("qdrant.url", "qdrant.url is missing.");
            }
            if (collection == null) {
                throw Problem.badField("qdrant.collection", "qdrant.collection is missing.");
            }
            try {
                return new QdrantSource(URI.create(url), collection, apiKey, vector, unownedTo);
            } catch (IllegalArgumentException e) {
                throw Problem.badField("qdrant.url", "qdrant.url is no URL.");
            }
        }
    }

    @GetMapping
    Cutover.Status status(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.status();
    }

    @GetMapping("/report")
    Evidence report(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.evidence();
    }

    @PostMapping("/inspect")
    Cutover.Inspected inspect(Caller caller, @RequestBody Wanted wanted) {
        caller.require(Caller.ADMIN);
        return cutover.inspect(wanted.source());
    }

    /**
     * Points that are in no document.
     *
     * @param reason null for all
     * @param after the id before the first one
     */
    @GetMapping("/points")
    List<ImportResult.Left> points(
            Caller caller,
            @RequestParam(required = false) @Nullable String reason,
            @RequestParam(defaultValue = "") String after,
            @RequestParam(defaultValue = "100") int limit) {
        caller.require(Caller.ADMIN);
        requireLimit(limit);
        requireStorable("after", after);
        return cutover.leftPoints(
                reason == null
                        ? null
                        : Reason.ofCode(reason)
                                .orElseThrow(() -> Problem.badField("reason", "There is no reason " + reason + ".")),
                after,
                limit);
    }

    /**
     * Texts of Qdrant's points that are in documents of a user.
     *
     * @param after the id before the first one
     */
    @GetMapping("/points/texts")
    List<KeptText> texts(
            Caller caller,
            @RequestParam String user,
            @RequestParam(defaultValue = "") String after,
            @RequestParam(defaultValue = "100") int limit) {
        caller.require(Caller.ADMIN);
        requireLimit(limit);
        requireStorable("user", user);
        requireStorable("after", after);
        return cutover.texts(user, after, limit);
    }

    /** What was asked last by users who have imported documents. */
    @GetMapping("/questions")
    List<CutoverStore.Question> questions(Caller caller, @RequestParam(defaultValue = "100") int limit) {
        caller.require(Caller.ADMIN);
        requireLimit(limit);
        return cutover.questions(limit);
    }

    /**
     * Documents that were added or changed since the cutover, in the order of their ids.
     *
     * @param after the id before the first one; null for the first ones
     */
    @GetMapping("/documents")
    List<CutoverStore.NewDocument> newDocuments(
            Caller caller,
            @RequestParam(required = false) @Nullable UUID after,
            @RequestParam(defaultValue = "100") int limit) {
        caller.require(Caller.ADMIN);
        requireLimit(limit);
        return cutover.newDocuments(after, limit);
    }

    private static void requireStorable(String field, String text) {
        if (text.indexOf('\0') >= 0) {
            throw Problem.badField(field, field + " has the character U+0000.");
        }
    }

    private static void requireLimit(int limit) {
        if (limit < 1 || limit > MOST_LISTED) {
            throw Problem.badField("limit", "limit is a number from 1 to " + MOST_LISTED + ".");
        }
    }

    @PostMapping("/verifications")
    @ResponseStatus(HttpStatus.ACCEPTED)
    CutoverStore.Verified verify(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.verify();
    }

    @GetMapping("/verifications/{id}")
    CutoverStore.Verified verification(Caller caller, @PathVariable long id) {
        caller.require(Caller.ADMIN);
        return cutover.verification(id);
    }

    /** Whether it is done although something speaks against it. */
    record Completion(@Nullable Boolean force) {}

    @PostMapping("/complete")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status complete(Caller caller, @RequestBody(required = false) @Nullable Completion wish) {
        caller.require(Caller.ADMIN);
        return cutover.complete(wish != null && Boolean.TRUE.equals(wish.force()));
    }

    @PostMapping("/rollback")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status rollBack(Caller caller, @RequestBody(required = false) @Nullable Completion wish) {
        caller.require(Caller.ADMIN);
        return cutover.rollBack(wish != null && Boolean.TRUE.equals(wish.force()));
    }

    @PostMapping("/withdraw")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status withdraw(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.withdraw();
    }

    @PostMapping("/close")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status close(Caller caller, @RequestBody(required = false) @Nullable Completion wish) {
        caller.require(Caller.ADMIN);
        return cutover.close(wish != null && Boolean.TRUE.equals(wish.force()));
    }

    @PostMapping("/clean")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status clean(Caller caller) {
        caller.require(Caller.ADMIN);
        return cutover.clean();
    }

    @PostMapping("/start")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Cutover.Status start(Caller caller, @RequestBody Wanted wanted) {
        caller.require(Caller.ADMIN);
        return cutover.start(wanted.source());
    }
}
