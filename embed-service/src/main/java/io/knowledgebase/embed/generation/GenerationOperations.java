package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.TextAnalysis;
import io.knowledgebase.vectorizer.UnusableModelException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.util.unit.DataSize;

/** What operators may do with generations, and what it takes. */
final class GenerationOperations {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationOperations.class);

    private static final int LEAST_CHUNK_TOKENS = 32;
    /** With so many a chunk still fits into a page of the database. */
    private static final int MOST_DIMENSIONS = 1_024;

    private static final double SECONDS_PER_MINUTE = 60;
    /** Of the rows of {@code index_generations}: more at once would be a mistake. */
    private static final int MOST_GENERATIONS = 5;

    /** Rows of a generation, and its chunks on their way through Kafka. */
    private static final int COPIES = 2;

    /** PostgreSQL's SQLSTATE. */
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private static final String PROMOTE = "promote";
    private static final String ROLLBACK = "rollback";
    private static final String VERIFY = "verify";
    private static final String DROP = "drop";

    private final GenerationStore store;
    private final GenerationGroups groups;
    private final LoadedModels models;
    private final DiskSpace disk;

    GenerationOperations(GenerationStore store, GenerationGroups groups, LoadedModels models, DiskSpace disk) {
        this.store = store;
        this.groups = groups;
        this.models = models;
        this.disk = disk;
    }

    List<GenerationView> all() {
        return store.all().stream().map(this::view).toList();
    }

    GenerationView get(int generation) {
        return view(find(generation));
    }

    GenerationView create(GenerationController.Wish wish) {
        Generation live = store.live();
        String name = Objects.requireNonNullElse(wish.model(), live.model());
        DenseVectorizer model = load(name);
        if (model.dimension() > MOST_DIMENSIONS) {
            throw Problem.unprocessable(
                    "model",
                    "The vectors of " + name + " have " + model.dimension() + " dimensions; a row has room for "
                            + MOST_DIMENSIONS + ".");
        }
        store.withOtherFiles(name, model.digest()).ifPresent(other -> {
            throw Problem.unprocessable(
                    "model",
                    "Generation " + other + " was made with other files of " + name
                            + ": give the new ones another name, so that both can be read.");
        });
        int chunkTokens = Objects.requireNonNullElse(wish.chunkTokens(), live.chunkTokens());
        int overlapTokens = Objects.requireNonNullElse(wish.overlapTokens(), live.overlapTokens());
        if (chunkTokens < LEAST_CHUNK_TOKENS || chunkTokens > model.maximumTokens()) {
            throw Problem.unprocessable(
                    "chunkTokens",
                    "chunkTokens is a number from " + LEAST_CHUNK_TOKENS + " to " + model.maximumTokens() + ", what "
                            + name + " reads; it is " + chunkTokens + ".");
        }
        if (overlapTokens < 0 || overlapTokens > chunkTokens / 2) {
            throw Problem.unprocessable(
                    "overlapTokens",
                    "overlapTokens is a number from 0 to half of chunkTokens, " + chunkTokens / 2 + "; it is "
                            + overlapTokens + ".");
        }
        TextAnalysis analysis = wish.analysis() == null ? live.analysis() : analysis(wish.analysis());
        if (store.all().size() >= MOST_GENERATIONS) {
            throw Problem.conflict("There are " + MOST_GENERATIONS + " generations, and no more are kept: drop one.");
        }
        disk.require(DataSize.ofBytes(COPIES * store.size(live.number()).toBytes()));
        int number = store.nextNumber();
        Generation generation = new Generation(
                number,
                name,
                model.digest(),
                model.dimension(),
                chunkTokens,
                overlapTokens,
                analysis,
                live.averageTerms(),
                Boolean.TRUE.equals(wish.freshVectors()));
        try {
            groups.begin(number);
            store.create(generation, Boolean.TRUE.equals(wish.promoteWhenReady()));
        } catch (KafkaException e) {
            LOG.warn("event=generation-not-created cause=\"{}\"", e.getMessage());
            throw Problem.unavailable("Kafka does not answer now; repeat the request, that is safe.");
        } catch (DataAccessException e) {
            if (isLockTimeout(e)) {
                throw Problem.unavailable(
                        "The tables are busy with a long transaction; repeat the request, that is safe.");
            }
            throw e;
        }
        LOG.info("event=generation-created generation={} model={} chunkTokens={}", number, name, chunkTokens);
        return get(number);
    }

    GenerationView verify(int generation) {
        GenerationStore.Row row = require(generation, VERIFY);
        if (!store.move(generation, row.state(), GenerationState.VERIFYING, null)) {
            throw changed(generation);
        }
        return get(generation);
    }

    GenerationView promote(int generation) {
        require(generation, PROMOTE);
        long missing = store.countMissing(generation);
        if (missing > 0) {
            throw Problem.conflict(
                    "Generation " + generation + " lacks " + missing + " documents that are searched now:"
                            + " it is behind. Promote it once its lag is gone, or verify it to learn what is missing.");
        }
        if (!store.promote(generation)) {
            throw changed(generation);
        }
        LOG.info("event=generation-promoted generation={}", generation);
        return get(generation);
    }

    GenerationView rollback(int generation) {
        require(generation, ROLLBACK);
        OptionalInt previous = store.previous();
        if (previous.isEmpty() || !store.promote(previous.getAsInt())) {
            throw changed(generation);
        }
        LOG.info("event=generation-rolled-back generation={} to={}", generation, previous.getAsInt());
        return get(previous.getAsInt());
    }

    GenerationView drop(int generation) {
        GenerationStore.Row row = require(generation, DROP);
        if (!store.move(generation, row.state(), GenerationState.DROPPING, null)) {
            throw changed(generation);
        }
        LOG.info("event=generation-to-be-dropped generation={}", generation);
        return get(generation);
    }

    private static TextAnalysis analysis(String code) {
        return TextAnalysis.ofCode(code)
                .orElseThrow(() -> Problem.unprocessable(
                        "analysis",
                        "analysis is one of "
                                + Arrays.stream(TextAnalysis.values())
                                        .map(TextAnalysis::code)
                                        .collect(Collectors.joining(", "))
                                + "; it is " + code + "."));
    }

    private static boolean isLockTimeout(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && LOCK_NOT_AVAILABLE.equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    private DenseVectorizer load(String name) {
        try {
            return models.get(name);
        } catch (UnusableModelException e) {
            throw Problem.unprocessable("model", String.valueOf(e.getMessage()));
        }
    }

    private GenerationStore.Row find(int generation) {
        return store.find(generation)
                .orElseThrow(() -> Problem.notFound("There is no generation " + generation + "; there are "
                        + store.all().stream()
                                .map(row -> Integer.toString(row.generation().number()))
                                .toList() + "."));
    }

    private GenerationStore.Row require(int generation, String transition) {
        GenerationStore.Row row = find(generation);
        List<String> allowed = transitions(row);
        if (!allowed.contains(transition)) {
            throw Problem.conflict("Generation " + generation + " is "
                    + row.state().code()
                    + (row.detail() == null ? "" : " (" + row.detail() + ")") + ", so it cannot " + transition
                    + "; what it can: " + (allowed.isEmpty() ? "nothing, but wait" : String.join(", ", allowed)) + ".");
        }
        return row;
    }

    private static Problem changed(int generation) {
        return Problem.conflict("Generation " + generation + " has just changed its state; look at it again.");
    }

    private List<String> transitions(GenerationStore.Row row) {
        return switch (row.state()) {
            case BUILDING, INDEXING, VERIFYING -> List.of(DROP);
            case READY -> List.of(PROMOTE, VERIFY, DROP);
            case PREVIOUS -> List.of(PROMOTE, DROP);
            case FAILED -> List.of(VERIFY, DROP);
            case LIVE -> store.previous().isPresent() ? List.of(ROLLBACK) : List.of();
            case DROPPING -> List.of();
        };
    }

    private GenerationView view(GenerationStore.Row row) {
        Generation generation = row.generation();
        GenerationStore.Progress progress = store.progress(generation.number());
        double perSecond = progress.lastMinute() / SECONDS_PER_MINUTE;
        long left = progress.missing();
        return new GenerationView(
                generation.number(),
                row.state(),
                row.detail(),
                generation.model(),
                generation.dimension(),
                generation.chunkTokens(),
                generation.overlapTokens(),
                generation.analysis().code(),
                generation.freshVectors(),
                row.promoteWhenReady(),
                row.createdAt(),
                row.stateSince(),
                row.liveSince(),
                progress.documents(),
                progress.indexed(),
                progress.failed(),
                progress.chunks(),
                store.indexState(generation.number()).name().toLowerCase(Locale.ROOT),
                lag(generation.number()),
                perSecond,
                left == 0 ? Long.valueOf(0) : perSecond == 0 ? null : Long.valueOf(Math.round(left / perSecond)),
                row.verification(),
                transitions(row));
    }

    private @Nullable Map<String, Long> lag(int generation) {
        try {
            return groups.lag(generation);
        } catch (KafkaException e) {
            LOG.warn("event=lag-unknown generation={} cause=\"{}\"", generation, e.getMessage());
            return null;
        }
    }
}
