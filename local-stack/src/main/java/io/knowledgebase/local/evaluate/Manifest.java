package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.documents.UploadFile;
import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A folder of documents and what should become of each. */
record Manifest(Path folder, List<Entry> entries) {

    private static final String MANIFEST = "manifest.tsv";
    private static final String SNIPPETS = "must_contain.json";

    /**
     * A file of the folder.
     *
     * @param path below the folder, with slashes
     * @param snippets what its text must contain
     */
    record Entry(String path, Expectation expected, List<String> snippets) {

        Entry {
            snippets = List.copyOf(snippets);
        }
    }

    Manifest {
        entries = List.copyOf(entries);
    }

    static Manifest read(Path folder) {
        Map<String, Expectation> expectations = expectations(folder);
        Map<String, List<String>> snippets = snippets(folder.resolve(SNIPPETS), expectations.keySet());
        return new Manifest(
                folder,
                expectations.entrySet().stream()
                        .map(entry -> new Entry(
                                entry.getKey(), entry.getValue(), snippets.getOrDefault(entry.getKey(), List.of())))
                        .toList());
    }

    List<UploadFile> files() {
        return entries.stream()
                .map(entry -> new UploadFile(folder.resolve(entry.path()), entry.path()))
                .toList();
    }

    private static Map<String, Expectation> expectations(Path folder) {
        Path file = folder.resolve(MANIFEST);
        if (!Files.isRegularFile(file)) {
            throw CommandFailedException.usage(
                    file + " is missing",
                    "name a folder with a " + MANIFEST + " that has the columns path and expected");
        }
        List<String> lines = lines(file);
        List<String> headings = lines.isEmpty() ? List.of() : columns(lines.get(0));
        int path = headings.indexOf("path");
        int expected = headings.indexOf("expected");
        if (path < 0 || expected < 0) {
            throw wrong(file, 1, "the columns path and expected are not both there", "name them in the first line");
        }
        Map<String, Expectation> expectations = new LinkedHashMap<>();
        for (int i = 1; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            List<String> columns = columns(lines.get(i));
            if (columns.size() <= Math.max(path, expected)) {
                throw wrong(file, i + 1, columns.size() + " columns are too few", "separate columns by tabs");
            }
            String name = columns.get(path);
            if (name.isEmpty() || !Files.isReadable(folder.resolve(name)) || Files.isDirectory(folder.resolve(name))) {
                throw wrong(file, i + 1, "there is no file " + name, "paths are relative to the manifest's folder");
            }
            if (expectations.put(name, expectation(file, i + 1, columns.get(expected))) != null) {
                throw wrong(file, i + 1, name + " is there twice", "delete one of the lines");
            }
        }
        if (expectations.isEmpty()) {
            throw CommandFailedException.usage(file + " names no file", "add a line for each file");
        }
        return expectations;
    }

    private static Expectation expectation(Path file, int line, String label) {
        return Expectation.of(label)
                .orElseThrow(() -> wrong(
                        file,
                        line,
                        "the expectation '" + label + "' is unknown",
                        "use one of "
                                + Arrays.stream(Expectation.values())
                                        .map(Expectation::label)
                                        .collect(Collectors.joining(", "))));
    }

    private static Map<String, List<String>> snippets(Path file, Set<String> paths) {
        if (!Files.exists(file)) {
            return Map.of();
        }
        JsonNode json;
        try {
            json = JsonMapper.shared().readTree(Files.readString(file));
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw wrong(file, line, "it is no JSON", "write an object of paths and lists of snippets");
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
        if (!json.isObject()) {
            throw wrong(file, 1, "it is no object", "write an object of paths and lists of snippets");
        }
        Map<String, List<String>> snippets = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> property : json.properties()) {
            if (!paths.contains(property.getKey())) {
                throw CommandFailedException.usage(
                        file + " has snippets for " + property.getKey() + ", which is not in " + MANIFEST,
                        "add the file there or delete the snippets");
            }
            List<String> texts = property.getValue()
                    .valueStream()
                    .map(text -> text.isString() ? text.asString() : "")
                    .distinct()
                    .toList();
            if (texts.isEmpty()
                    || texts.stream().anyMatch(text -> Passages.comparable(text).isEmpty())) {
                throw CommandFailedException.usage(
                        file + ": the snippets for " + property.getKey() + " are not a list of texts",
                        "write an object of paths and lists of snippets");
            }
            snippets.put(property.getKey(), texts);
        }
        return snippets;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw CommandFailedException.usage(file + " is not UTF-8", "save it as UTF-8");
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read", e);
        }
    }

    private static List<String> columns(String line) {
        return List.of(line.split("\t", -1));
    }

    private static CommandFailedException wrong(Path file, int line, String what, String mend) {
        return CommandFailedException.usage(file + ":" + line + ": " + what, mend);
    }
}
