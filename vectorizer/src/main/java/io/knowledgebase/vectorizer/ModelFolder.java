package io.knowledgebase.vectorizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A sentence transformer as Hugging Face has them: {@code model.onnx}, {@code tokenizer.json} of the type WordPiece or
 * {@code vocab.txt}, and where they are there {@code tokenizer_config.json} (lower case), {@code
 * sentence_bert_config.json} or {@code config.json} (longest text), {@code 1_Pooling/config.json} (mean or first
 * position) and {@code config_sentence_transformers.json} (prompts before queries and passages).
 */
final class ModelFolder {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String ONNX = "model.onnx";
    private static final String TOKENIZER = "tokenizer.json";
    private static final String VOCABULARY = "vocab.txt";
    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    private static final String EXTERNAL_WEIGHTS = "model.onnx_data";
    private static final String SENTENCE_CONFIG = "sentence_bert_config.json";
    private static final String CONFIG = "config.json";
    private static final String POOLING = "1_Pooling/config.json";
    private static final String PROMPTS = "config_sentence_transformers.json";
    private static final String MEAN = "pooling_mode_mean_tokens";
    private static final String FIRST = "pooling_mode_cls_token";
    private static final int USUAL_POSITIONS = 512;

    private final String name;
    private final Path folder;

    ModelFolder(String name, Path folder) {
        this.name = name;
        this.folder = folder;
    }

    DenseVectorizer load() {
        Path onnx = folder.resolve(ONNX);
        if (!Files.isRegularFile(onnx)) {
            throw new UnusableModelException(name, onnx + " is missing");
        }
        boolean hasTokenizer = Files.exists(folder.resolve(TOKENIZER));
        Path vocabulary = folder.resolve(hasTokenizer ? TOKENIZER : VOCABULARY);
        if (!Files.isRegularFile(vocabulary)) {
            throw new UnusableModelException(
                    name,
                    "its vocabulary is missing: neither " + TOKENIZER + " nor " + VOCABULARY + " is in " + folder);
        }
        return new DenseVectorizer(
                name,
                digest(onnx, vocabulary),
                positions(),
                hasTokenizer ? ofTokenizer(vocabulary) : ofList(vocabulary),
                pooling(),
                prompts(),
                (environment, options) -> environment.createSession(onnx.toString(), options));
    }

    private WordPieces ofTokenizer(Path file) {
        JsonNode tokenizer = json(file);
        JsonNode model = tokenizer.path("model");
        if (!model.path("vocab").isObject()
                || !model.path("type").asString("WordPiece").equals("WordPiece")) {
            throw new UnusableModelException(name, file + " is not a WordPiece tokenizer, the only type that is read");
        }
        Map<String, Integer> vocabulary = new HashMap<>();
        model.path("vocab").forEachEntry((piece, id) -> vocabulary.put(piece, id.asInt()));
        return wordPieces(
                file, vocabulary, tokenizer.at("/normalizer/lowercase").asBoolean(isLowerCase()));
    }

    private WordPieces ofList(Path file) {
        Map<String, Integer> vocabulary = new HashMap<>();
        try {
            List<String> pieces = Files.readAllLines(file);
            for (int id = 0; id < pieces.size(); id++) {
                vocabulary.put(pieces.get(id), id);
            }
        } catch (IOException e) {
            throw new UnusableModelException(name, file + " cannot be read: " + e.getMessage(), e);
        }
        return wordPieces(file, vocabulary, isLowerCase());
    }

    private WordPieces wordPieces(Path file, Map<String, Integer> vocabulary, boolean lowerCase) {
        for (String special : List.of("[UNK]", "[CLS]", "[SEP]")) {
            if (!vocabulary.containsKey(special)) {
                throw new UnusableModelException(name, file + " has no " + special);
            }
        }
        if (!lowerCase) {
            throw new UnusableModelException(name, file + " keeps upper case; only lower-casing ones are read");
        }
        return new WordPieces(vocabulary);
    }

    private boolean isLowerCase() {
        Path file = folder.resolve(TOKENIZER_CONFIG);
        return !Files.exists(file) || json(file).path("do_lower_case").asBoolean(true);
    }

    private int positions() {
        Path sentence = folder.resolve(SENTENCE_CONFIG);
        int positions =
                Files.exists(sentence) ? json(sentence).path("max_seq_length").asInt(0) : 0;
        Path config = folder.resolve(CONFIG);
        if (positions == 0 && Files.exists(config)) {
            positions = json(config).path("max_position_embeddings").asInt(0);
        }
        return positions == 0 ? USUAL_POSITIONS : positions;
    }

    private DenseVectorizer.Pooling pooling() {
        Path file = folder.resolve(POOLING);
        if (!Files.exists(file)) {
            return DenseVectorizer.Pooling.MEAN;
        }
        List<String> modes = StreamSupport.stream(json(file).properties().spliterator(), false)
                .filter(entry -> entry.getKey().startsWith("pooling_mode_")
                        && entry.getValue().asBoolean(false))
                .map(Map.Entry::getKey)
                .toList();
        if (modes.equals(List.of(MEAN))) {
            return DenseVectorizer.Pooling.MEAN;
        }
        if (modes.equals(List.of(FIRST))) {
            return DenseVectorizer.Pooling.FIRST;
        }
        throw new UnusableModelException(name, file + " wants " + modes + "; " + MEAN + " and " + FIRST + " are known");
    }

    private List<Path> filesThatMatter(Path onnx, Path vocabulary) {
        List<Path> files = new ArrayList<>(List.of(onnx, vocabulary));
        Stream.of(EXTERNAL_WEIGHTS, TOKENIZER_CONFIG, SENTENCE_CONFIG, CONFIG, POOLING, PROMPTS)
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .forEach(files::add);
        return files;
    }

    private Path promptsFile() {
        return folder.resolve(PROMPTS);
    }

    private DenseVectorizer.Prompts prompts() {
        if (!Files.exists(promptsFile())) {
            return DenseVectorizer.Prompts.NONE;
        }
        JsonNode prompts = json(promptsFile()).path("prompts");
        String document = prompts.path("document").asString("");
        return new DenseVectorizer.Prompts(
                document.isEmpty() ? prompts.path("passage").asString("") : document,
                prompts.path("query").asString(""));
    }

    private JsonNode json(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (JacksonException e) {
            throw new UnusableModelException(name, file + " is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Of everything that makes the vectors what they are. */
    private String digest(Path onnx, Path vocabulary) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : filesThatMatter(onnx, vocabulary)) {
                try (InputStream stream = new DigestInputStream(Files.newInputStream(file), digest)) {
                    stream.transferTo(OutputStream.nullOutputStream());
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new UnusableModelException(name, "its files cannot be read: " + e.getMessage(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
