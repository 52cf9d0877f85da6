package io.knowledgebase.ingest.deadletter;

import static java.util.stream.Collectors.toSet;

import io.knowledgebase.ingest.document.DocumentStatus;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Places;
import io.knowledgebase.schemas.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The dead letters over HTTP, for operators. */
@RestController
@RequestMapping("/v1/dead-letters")
final class DeadLetterController {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterController.class);
    private static final int LARGEST_PAGE = 500;
    private static final Set<String> PARAMETERS = Set.of("limit", "after");

    private final DeadLetterTopics topics;
    private final DeadLetterStore store;
    private final Places readers;

    DeadLetterController(DeadLetterTopics topics, DeadLetterStore store, Places readers) {
        this.topics = topics;
        this.store = store;
        this.readers = readers;
    }

    @GetMapping
    Page list(
            Caller caller,
            HttpServletRequest request,
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam(required = false) @Nullable String after) {
        caller.require(Caller.ADMIN);
        request.getParameterMap().keySet().stream()
                .filter(name -> !PARAMETERS.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw Problem.badField(name, "There is no parameter " + name + ".");
                });
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw Problem.badField("limit", "limit is a number from 1 to " + LARGEST_PAGE + ".");
        }
        LetterCursor from = after == null
                ? LetterCursor.START
                : LetterCursor.decode(after)
                        .orElseThrow(() -> Problem.badField(
                                "after", "after is the value of next in the answer before this page."));
        LetterPage page = read(() -> topics.list(from, limit));
        return new Page(
                withStatuses(page.letters()),
                page.next() == null ? null : page.next().encode());
    }

    @GetMapping("/{id}")
    InspectedLetter one(Caller caller, @PathVariable String id) {
        caller.require(Caller.ADMIN);
        LetterId letterId = LetterId.parse(id)
                .orElseThrow(() ->
                        Problem.badField("id", "id is TOPIC-PARTITION-OFFSET, as the list of dead letters has it."));
        InspectedLetter found = read(() -> topics.find(letterId))
                .orElseThrow(() -> Problem.notFound("There is no such dead letter, or Kafka keeps it no longer."));
        return new InspectedLetter(withStatuses(List.of(found.letter())).get(0), found.headers(), found.payload());
    }

    private List<DeadLetter> withStatuses(List<DeadLetter> letters) {
        Set<UUID> documentIds = letters.stream()
                .map(DeadLetter::documentId)
                .filter(Objects::nonNull)
                .collect(toSet());
        Map<UUID, DocumentStatus> statuses = documentIds.isEmpty() ? Map.of() : store.statuses(documentIds);
        return letters.stream()
                .map(letter ->
                        letter.documentId() == null ? letter : letter.withStatus(statuses.get(letter.documentId())))
                .toList();
    }

    private <T> T read(Supplier<T> reading) {
        try {
            return readers.get(reading);
        } catch (KafkaException e) {
            LOG.warn(
                    "event=dead-letters-unreadable error={} cause=\"{}\"",
                    e.getClass().getSimpleName(),
                    e.getMessage());
            throw Problem.unavailable("Kafka cannot be read now; repeat the request, that is safe.");
        }
    }

    /**
     * A page of dead letters.
     *
     * @param next what to give as {@code after} for the next page; null on the last one
     */
    record Page(List<DeadLetter> deadLetters, @Nullable String next) {

        Page {
            deadLetters = List.copyOf(deadLetters);
        }
    }
}
