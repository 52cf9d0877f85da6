package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A retrieval collection in BEIR's format.
 *
 * @param queries text by query id; only those that have a relevant document
 * @param relevance grade by document id, by query id
 */
record Collection(String name, Path corpus, Map<String, String> queries, Map<String, Map<String, Integer>> relevance) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The collection in a folder, or those in its subfolders. */
    static List<Collection> in(Path folder) {
        if (isCollection(folder)) {
            return List.of(read(folder));
        }
        try (Stream<Path> children = Files.isDirectory(folder) ? Files.list(folder) : Stream.empty()) {
            List<Collection> found = children.filter(Collection::isCollection)
                    .sorted()
                    .map(Collection::read)
                    .toList();
            if (found.isEmpty()) {
                throw CommandFailedException.usage(
                        folder + " holds no retrieval collection",
                        "name a folder with corpus.jsonl, queries.jsonl and qrels.tsv");
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isCollection(Path folder) {
        return Stream.of("corpus.jsonl", "queries.jsonl", "qrels.tsv")
                .allMatch(file -> Files.isRegularFile(folder.resolve(file)));
    }

    private static Collection read(Path folder) {
        try {
            Map<String, Map<String, Integer>> relevance = new HashMap<>();
            for (String line : Files.readAllLines(folder.resolve("qrels.tsv"))) {
                String[] columns = line.split("\t", -1);
                if (columns.length == 3 && columns[2].matches("\\d+") && !columns[2].equals("0")) {
                    relevance
                            .computeIfAbsent(columns[0], query -> new HashMap<>())
                            .put(columns[1], Integer.valueOf(columns[2]));
                }
            }
            Map<String, String> queries = new LinkedHashMap<>();
            for (String line : Files.readAllLines(folder.resolve("queries.jsonl"))) {
                JsonNode query = JSON.readTree(line);
                String id = query.path("_id").asString();
                if (relevance.containsKey(id)) {
                    queries.put(id, query.path("text").asString());
                }
            }
            Path name = folder.toAbsolutePath().normalize().getFileName();
            return new Collection(
                    name == null ? "collection" : name.toString(), folder.resolve("corpus.jsonl"), queries, relevance);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The corpus as lines of the batch endpoint. */
    List<String> batchLines() throws IOException {
        return Files.readAllLines(corpus).stream()
                .map(JSON::readTree)
                .map(document -> JSON.writeValueAsString(Map.of(
                        "externalId", document.path("_id").asString(),
                        "title", document.path("title").asString(""),
                        "text", document.path("text").asString(""))))
                .toList();
    }
}
