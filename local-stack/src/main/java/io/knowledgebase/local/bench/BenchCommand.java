package io.knowledgebase.local.bench;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.documents.UploadCommand;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.WordPieces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code kb bench}. */
@Command(
        name = "bench",
        description = {
            "Measure ingestion end to end, and the share of the model's own speed that it reaches.",
            "Uploads text files for a user of its own, waits until all are searchable, then gives the same chunks"
                    + " straight to the vectorizer on all cores while the services are idle."
        })
public final class BenchCommand implements Callable<Integer> {

    private static final long POLL_MS = 250;

    @Parameters(paramLabel = "PATH", description = "Folder of text files, or a .tar.gz of one.")
    private Path source = Path.of("");

    @Option(names = "--documents", description = "Only so many files, spread over all (default: all).")
    private int documents = Integer.MAX_VALUE;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    private final Terminal terminal = new Terminal();

    @Override
    public Integer call() throws Exception {
        Home home = Home.ofEnvironment();
        Path unpacked = Files.createTempDirectory("kb-bench-");
        try {
            List<Path> files = select(unpacked);
            long characters = 0;
            for (Path file : files) {
                characters += Files.readString(file).length();
            }
            String user = "bench-" + Instant.now().getEpochSecond();
            terminal.begun(files.size() + " documents of " + characters + " characters for the user " + user);
            Instant start = Instant.now();
            upload(user, files);
            JsonNode summary = awaitTerminal(new ServiceClient(home, Service.INGEST, user, List.of()));
            Duration pipeline = Duration.between(start, Instant.now());
            try (DenseVectorizer vectorizer = DenseVectorizer.miniLm()) {
                Chunks chunks = chunks(home, user, vectorizer.wordPieces());
                terminal.begun(chunks.texts().size() + " chunks straight into the model");
                report(summary, characters, chunks, pipeline, vectorize(chunks.texts(), vectorizer));
            }
            return ExitCode.OK;
        } finally {
            delete(unpacked);
        }
    }

    private List<Path> select(Path unpacked) throws IOException, InterruptedException {
        Path folder = source;
        if (Files.isRegularFile(source)) {
            int exit = new ProcessBuilder("tar", "-xzf", source.toAbsolutePath().toString(), "-C", unpacked.toString())
                    .inheritIO()
                    .start()
                    .waitFor();
            if (exit != 0) {
                throw CommandFailedException.usage(source + " cannot be unpacked", "name a folder or a .tar.gz");
            }
            folder = unpacked;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> files = all.filter(Files::isRegularFile).sorted().toList();
            if (files.isEmpty()) {
                throw CommandFailedException.usage("there is no file in " + source, "name a folder with text files");
            }
            int step = Math.max(1, files.size() / documents);
            List<Path> selected = new ArrayList<>();
            for (int i = 0; i < files.size() && selected.size() < documents; i += step) {
                selected.add(files.get(i));
            }
            return selected;
        }
    }

    private static void upload(String user, List<Path> files) throws IOException {
        Path staged = Files.createTempDirectory("kb-bench-upload-");
        try {
            for (int i = 0; i < files.size(); i++) {
                Path name = files.get(i).getFileName();
                Files.copy(files.get(i), staged.resolve(i + "-" + name));
            }
            int exit = new CommandLine(new UploadCommand()).execute("--user", user, "--no-wait", staged.toString());
            if (exit != ExitCode.OK) {
                throw CommandFailedException.of("the upload failed", "read what it says above");
            }
        } finally {
            delete(staged);
        }
    }

    private static JsonNode awaitTerminal(ServiceClient ingest) throws InterruptedException {
        JsonNode summary = ingest.get("/v1/documents/summary", Map.of());
        while (summary.path("accepted").asInt() > 0) {
            Thread.sleep(POLL_MS);
            summary = ingest.get("/v1/documents/summary", Map.of());
        }
        return summary;
    }

    /**
     * What was indexed.
     *
     * @param texts as the model read them
     * @param tokens word pieces that the model read
     */
    private record Chunks(List<String> texts, long tokens) {}

    private static Chunks chunks(Home home, String user, WordPieces wordPieces) throws SQLException {
        String sql = """
                select concat_ws(' › ', i.title, c.section_title) as prefix, c.text, c.token_count
                from document_chunks c
                join indexed_documents i using (generation, document_id, version, attempt)
                where c.user_id = ?
                """;
        List<String> texts = new ArrayList<>();
        long tokens = 0;
        try (Connection connection = home.database().connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, user);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    int read = row.getInt("token_count");
                    texts.add(embedded(row.getString("prefix"), row.getString("text"), read, wordPieces));
                    tokens += read;
                }
            }
        }
        return new Chunks(texts, tokens);
    }

    /** The text with so much of the prefix in front as makes it as long as what the model read. */
    private static String embedded(String prefix, String text, int tokens, WordPieces wordPieces) {
        int room = tokens - wordPieces.count(text);
        String fitting = prefix;
        while (!fitting.isEmpty() && wordPieces.count(fitting) > room) {
            fitting = fitting.substring(0, Math.max(0, fitting.lastIndexOf(' ')));
        }
        return fitting + '\n' + text;
    }

    private static Duration vectorize(List<String> texts, DenseVectorizer vectorizer)
            throws InterruptedException, ExecutionException {
        ExecutorService threads =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            vectorizer.vectorize(texts.get(0));
            Instant start = Instant.now();
            List<Future<float[]>> vectors = new ArrayList<>();
            for (String text : texts) {
                vectors.add(threads.submit(() -> vectorizer.vectorize(text)));
            }
            for (Future<float[]> vector : vectors) {
                vector.get();
            }
            return Duration.between(start, Instant.now());
        } finally {
            threads.shutdownNow();
        }
    }

    private void report(JsonNode summary, long characters, Chunks chunks, Duration pipeline, Duration raw) {
        double pipelineSpeed = perSecond(chunks.tokens(), pipeline);
        double rawSpeed = perSecond(chunks.tokens(), raw);
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("documents", summary);
        report.put("sourceCharacters", characters);
        report.put("chunks", chunks.texts().size());
        report.put(
                "tokensPerChunk",
                rounded((double) chunks.tokens() / chunks.texts().size()));
        report.put("pipelineSeconds", rounded(pipeline.toMillis() / 1e3));
        report.put("pipelineCharactersPerSecond", rounded(perSecond(characters, pipeline)));
        report.put("pipelineChunksPerSecond", rounded(perSecond(chunks.texts().size(), pipeline)));
        report.put("pipelineTokensPerSecond", rounded(pipelineSpeed));
        report.put("rawSeconds", rounded(raw.toMillis() / 1e3));
        report.put("rawTokensPerSecond", rounded(rawSpeed));
        report.put("shareOfRaw", String.format(Locale.ROOT, "%.3f", pipelineSpeed / rawSpeed));
        if (json) {
            terminal.json(report);
        } else {
            terminal.table(
                    List.of("measure", "value"),
                    report.entrySet().stream()
                            .map(entry -> List.of(entry.getKey(), String.valueOf(entry.getValue())))
                            .toList());
        }
    }

    private static double perSecond(long amount, Duration time) {
        return amount / (time.toMillis() / 1e3);
    }

    private static String rounded(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
