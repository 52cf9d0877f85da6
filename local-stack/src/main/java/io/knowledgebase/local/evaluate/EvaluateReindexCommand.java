package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.generations.Generations;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code kb eval-reindex}. */
@Command(
        name = "eval-reindex",
        description = {
            "Measure what users notice of a re-index.",
            "Searches go on while another generation is built from a collection, promoted, taken back and promoted"
                    + " again, and texts are uploaded meanwhile. Then the same is replayed with equal settings, and both"
                    + " generations are compared. Ends with 1 if a search failed, a text was found later than after 5 s,"
                    + " or they differ."
        })
public final class EvaluateReindexCommand implements Callable<Integer> {

    private static final Duration BEFORE = Duration.ofSeconds(30);
    private static final Duration AFTER_SWITCH = Duration.ofSeconds(5);
    private static final Duration BETWEEN_UPLOADS = Duration.ofSeconds(5);
    private static final long POLL_MS = 50;
    private static final long GENERATION_POLL_MS = 500;
    private static final Duration FRESH = Duration.ofSeconds(5);
    private static final List<String> PHASES = List.of("before", "rebuild", "switches");
    private static final List<Integer> CHUNK_TOKENS = List.of(128, 192);
    private static final int OVERLAP_TOKENS = 16;
    /** The default of kb.generation.index-from-chunks. */
    private static final int INDEX_FROM_CHUNKS = 10_000;

    /** Everything that a generation knows, but for ids, times, and how its vectors came about. */
    private static final String DIGEST = """
            select (select coalesce(sum(hashtextextended(concat_ws('|', chunk_id, user_id, text, metadata, source_type,
                           source_id, source_url, embedding_vector, chunk_index, document_id, version, attempt,
                           section_title, page_number, token_count, text_hash, terms, term_weights), 0)), 0)
                    from document_chunks where generation = ?)
                || '/' ||
                   (select coalesce(sum(hashtextextended(concat_ws('|', document_id, user_id, version, attempt, state,
                           reason, detail, title, warnings, chunks, source_url, metadata), 0)), 0)
                    from indexed_documents where generation = ?)
            """;

    @Parameters(paramLabel = "DIR", description = "Folder with corpus.jsonl, queries.jsonl and qrels.tsv.")
    private Path folder = Path.of("");

    @Option(names = "--rate", defaultValue = "20", description = "Searches a second (default: ${DEFAULT-VALUE}).")
    private int rate;

    private final Terminal terminal = new Terminal();

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        Home home = Home.ofEnvironment();
        Collection collection = Collection.in(folder).get(0);
        String user = "eval-" + collection.name();
        int documents = new CollectionUpload(terminal)
                .index(new ServiceClient(home, Service.INGEST, user, List.of()), collection);
        Generations generations = new Generations(home, terminal);
        int first = live(generations);
        awaitIndex(generations, first);
        List<Duration> fresh = new ArrayList<>();
        Map<String, SteadySearches.Phase> phases;
        int other;
        try (SteadySearches searches = new SteadySearches(
                new ServiceClient(home, Service.SEARCH, user, List.of()),
                List.copyOf(collection.queries().values()),
                rate)) {
            terminal.begun(documents + " documents, " + rate + " searches a second");
            Thread.sleep(AFTER_SWITCH.toMillis()); // to warm up
            searches.begin("before");
            Thread.sleep(BEFORE.toMillis());
            searches.begin("rebuild");
            other = create(generations, first);
            terminal.begun("generation " + other + " is being built");
            fresh.addAll(uploadUntilDone(home, generations, other));
            searches.begin("switches");
            generations.ask(other, "promote");
            Thread.sleep(AFTER_SWITCH.toMillis());
            generations.ask(other, "rollback");
            Thread.sleep(AFTER_SWITCH.toMillis());
            generations.ask(other, "promote");
            Thread.sleep(AFTER_SWITCH.toMillis());
            phases = searches.phases();
        } // those under way end in their phase
        terminal.begun("the same is replayed with equal settings");
        Instant start = Instant.now();
        int replayed = generations.create(Map.of()).path("generation").asInt();
        JsonNode built = awaitLeft(generations, replayed, "building");
        Duration replay = Duration.between(start, Instant.now());
        JsonNode done = awaitReady(generations, replayed);
        boolean same = digest(home, other).equals(digest(home, replayed));
        long embedded =
                value(home, "select sum(embedded_chunks) from indexed_documents where generation = ?", replayed);
        generations.ask(other, "rollback");
        generations.drop(other);
        generations.drop(replayed);
        report(phases, fresh, built, replay, embedded, same, done);
        boolean good = same
                && embedded == 0
                && phases.size() == PHASES.size()
                && phases.values().stream()
                        .allMatch(phase ->
                                phase.searches() > 0 && phase.failures().isEmpty())
                && fresh.stream().allMatch(time -> time.compareTo(FRESH) < 0);
        return good ? ExitCode.OK : ExitCode.FAILED;
    }

    private static int live(Generations generations) {
        return generations.all().stream()
                .filter(one -> one.path("state").asString("").equals("live"))
                .mapToInt(one -> one.path("generation").asInt())
                .findFirst()
                .orElseThrow(() -> CommandFailedException.of("no generation is live", "./kb logs embed-service"));
    }

    /** Until its index is built, if it is large enough for one: searches would be slow for that reason. */
    private static void awaitIndex(Generations generations, int generation) throws InterruptedException {
        JsonNode now = generations.one(generation);
        while (now.path("chunks").asLong() >= INDEX_FROM_CHUNKS
                && !now.path("index").asString("").equals("valid")) {
            Thread.sleep(BETWEEN_UPLOADS.toMillis());
            now = generations.one(generation);
        }
    }

    /** With other chunks than the live one has. */
    private static int create(Generations generations, int live) {
        int present = generations.one(live).path("chunkTokens").asInt();
        int chunkTokens = CHUNK_TOKENS.get(0) == present ? CHUNK_TOKENS.get(1) : CHUNK_TOKENS.get(0);
        return generations
                .create(Map.of("chunkTokens", chunkTokens, "overlapTokens", OVERLAP_TOKENS))
                .path("generation")
                .asInt();
    }

    /** How long each of the texts took, from being sent until a search found it, that were uploaded meanwhile. */
    private List<Duration> uploadUntilDone(Home home, Generations generations, int generation)
            throws InterruptedException {
        String user = "eval-reindex";
        ServiceClient ingest = new ServiceClient(home, Service.INGEST, user, List.of());
        ServiceClient search = new ServiceClient(home, Service.SEARCH, user, List.of());
        List<Duration> fresh = new ArrayList<>();
        while (!isDone(generations.one(generation))) {
            String word = "w" + UUID.randomUUID().toString().replace("-", "");
            Instant sent = Instant.now();
            ingest.postLines(
                    "/v1/documents/batch",
                    BodyPublishers.ofString(
                            "{\"externalId\": \"fresh\", \"text\": \"A fresh text about " + word + ".\"}"));
            while (search.get("/v1/search", Map.of("q", word, "mode", "lexical"))
                    .path("results")
                    .isEmpty()) {
                Thread.sleep(POLL_MS);
            }
            fresh.add(Duration.between(sent, Instant.now()));
            Thread.sleep(BETWEEN_UPLOADS.toMillis());
        }
        awaitReady(generations, generation);
        return fresh;
    }

    private static boolean isDone(JsonNode generation) {
        return List.of("ready", "failed").contains(generation.path("state").asString(""));
    }

    private static JsonNode awaitLeft(Generations generations, int generation, String state)
            throws InterruptedException {
        JsonNode now = generations.one(generation);
        while (now.path("state").asString("").equals(state)) {
            Thread.sleep(GENERATION_POLL_MS);
            now = generations.one(generation);
        }
        return now;
    }

    private static JsonNode awaitReady(Generations generations, int generation) throws InterruptedException {
        JsonNode now = generations.one(generation);
        while (!isDone(now)) {
            Thread.sleep(GENERATION_POLL_MS);
            now = generations.one(generation);
        }
        if (!now.path("state").asString("").equals("ready")) {
            throw CommandFailedException.of(
                    "generation " + generation + " failed: "
                            + now.path("detail").asString(""),
                    "./kb generations show " + generation);
        }
        return now;
    }

    private static String digest(Home home, int generation) throws SQLException {
        return text(home, DIGEST, generation, generation);
    }

    private static long value(Home home, String sql, int generation) throws SQLException {
        return Long.parseLong(text(home, sql, generation));
    }

    private static String text(Home home, String sql, int... parameters) throws SQLException {
        try (Connection connection = home.database().connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setInt(i + 1, parameters[i]);
            }
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return String.valueOf(row.getString(1));
            }
        }
    }

    private void report(
            Map<String, SteadySearches.Phase> phases,
            List<Duration> fresh,
            JsonNode built,
            Duration replay,
            long embedded,
            boolean same,
            JsonNode verified) {
        List<List<String>> rows = new ArrayList<>();
        for (String name : PHASES) {
            SteadySearches.Phase phase = phases.get(name);
            if (phase != null) {
                rows.add(List.of(
                        name,
                        Integer.toString(phase.searches()),
                        Integer.toString(phase.failures().size()),
                        milliseconds(phase.percentile(.5)),
                        milliseconds(phase.percentile(.99)),
                        phase.failures().stream().findFirst().orElse("")));
            }
        }
        terminal.table(List.of("phase", "searches", "failed", "p50 ms", "p99 ms", "first failure"), rows);
        terminal.line("");
        long slowest = fresh.stream().mapToLong(Duration::toMillis).max().orElse(0);
        terminal.line(fresh.size() + " fresh texts were found after at most " + slowest + " ms");
        long chunks = built.path("chunks").asLong();
        terminal.line(String.format(
                Locale.ROOT,
                "replay with equal settings: %d chunks in %.1f s (%.0f a second), %d of them embedded; %s; recall %s",
                chunks,
                replay.toMillis() / 1e3,
                chunks * 1e3 / replay.toMillis(),
                embedded,
                same ? "equal by digest" : "NOT EQUAL by digest",
                verified.at("/verification/recall").asString("not measured: no index")));
    }

    private static String milliseconds(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
