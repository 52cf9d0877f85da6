package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code kb eval}. */
@Command(
        name = "eval",
        description = {
            "Measure search quality on collections with known answers.",
            "Uploads each corpus for a user of its own, waits until it is indexed, and asks all queries over HTTP."
        })
public final class EvaluateCommand implements Callable<Integer> {

    private static final int DEPTH = 10;
    /** Chunks asked for, so that ten different documents are among them. */
    private static final int CHUNKS = 50;

    @Parameters(
            paramLabel = "DIR",
            description = "Folder with corpus.jsonl, queries.jsonl and qrels.tsv, or with such folders.")
    private Path folder = Path.of("");

    @Option(
            names = "--mode",
            split = ",",
            defaultValue = "hybrid,dense,lexical",
            description = "Modes to measure (default: ${DEFAULT-VALUE}).")
    private List<String> modes = new ArrayList<>();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    private final Terminal terminal = new Terminal();

    /** Measures of one collection in one mode; latencies in milliseconds. */
    record Measures(
            String collection,
            String mode,
            int documents,
            int queries,
            double ndcg,
            double recall,
            double p50Ms,
            double p99Ms) {

        List<String> row() {
            return List.of(
                    collection,
                    mode,
                    Integer.toString(documents),
                    Integer.toString(queries),
                    String.format(Locale.ROOT, "%.3f", ndcg),
                    String.format(Locale.ROOT, "%.3f", recall),
                    String.format(Locale.ROOT, "%.1f", p50Ms),
                    String.format(Locale.ROOT, "%.1f", p99Ms));
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Home home = Home.ofEnvironment();
        List<Measures> measures = new ArrayList<>();
        for (Collection collection : Collection.in(folder)) {
            String user = "eval-" + collection.name();
            int documents = new CollectionUpload(terminal)
                    .index(new ServiceClient(home, Service.INGEST, user, List.of()), collection);
            ServiceClient search = new ServiceClient(home, Service.SEARCH, user, List.of());
            for (String mode : modes) {
                measures.add(measure(search, collection, mode, documents));
            }
        }
        if (json) {
            terminal.json(measures);
        } else {
            terminal.table(
                    List.of("collection", "mode", "documents", "queries", "nDCG@10", "recall@10", "p50 ms", "p99 ms"),
                    measures.stream().map(Measures::row).toList());
        }
        return ExitCode.OK;
    }

    private Measures measure(ServiceClient search, Collection collection, String mode, int documents) {
        double ndcg = 0;
        double recall = 0;
        double[] latencies = new double[collection.queries().size()];
        int asked = 0;
        for (Map.Entry<String, String> query : collection.queries().entrySet()) {
            long start = System.nanoTime();
            JsonNode answer =
                    search.postJson("/v1/search", Map.of("query", query.getValue(), "mode", mode, "topK", CHUNKS));
            latencies[asked++] = (System.nanoTime() - start) / 1e6;
            List<String> ranked = documents(answer);
            Map<String, Integer> relevance = collection.relevance().getOrDefault(query.getKey(), Map.of());
            ndcg += Ranking.ndcg(ranked, relevance, DEPTH);
            recall += Ranking.recall(ranked, relevance, DEPTH);
        }
        Arrays.sort(latencies);
        return new Measures(
                collection.name(),
                mode,
                documents,
                asked,
                ndcg / asked,
                recall / asked,
                percentile(latencies, 0.5),
                percentile(latencies, 0.99));
    }

    /** The documents of the chunks, each at the rank of its best one. */
    private static List<String> documents(JsonNode answer) {
        Set<String> ranked = new LinkedHashSet<>();
        answer.path("results")
                .forEach(result -> ranked.add(result.path("externalId").asString()));
        return List.copyOf(ranked);
    }

    private static double percentile(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
    }
}
