package io.knowledgebase.vectorizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sentence transformers that can be had by name: all-MiniLM-L6-v2 from the class path, and any whose folder lies
 * below a given one, as {@link ModelFolder} describes it.
 */
public final class Models {

    /** all-MiniLM-L6-v2 in 8-bit integers. */
    public static final String MINI_LM_INT8 = "all-minilm-l6-v2-int8";

    /** The same in 32-bit floats: half as fast and no better. */
    public static final String MINI_LM_FP32 = "all-minilm-l6-v2-fp32";

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}");

    private final @Nullable Path folder;

    /** @param folder has a folder for each further model, named as the model is; null if there are none */
    public Models(@Nullable Path folder) {
        this.folder = folder;
    }

    /** Names that {@link #load} is likely to take, those of the class path first. */
    public List<String> names() {
        Stream<String> ofFolders = Stream.empty();
        if (folder != null && Files.isDirectory(folder)) {
            try (Stream<Path> folders = Files.list(folder)) {
                ofFolders = folders
                        .filter(Files::isDirectory)
                        .map(one -> one.getFileName().toString())
                        .filter(name -> NAME.matcher(name).matches())
                        .sorted()
                        .toList()
                        .stream();
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot list " + folder, e);
            }
        }
        return Stream.concat(Stream.of(MINI_LM_INT8, MINI_LM_FP32), ofFolders).toList();
    }

    /**
     * Loads a model and tries it; takes from half a second to many.
     *
     * @throws UnusableModelException if there is no such model or its files do not fit one another
     */
    public DenseVectorizer load(String name) {
        return switch (name) {
            case MINI_LM_INT8 -> DenseVectorizer.miniLm();
            case MINI_LM_FP32 -> DenseVectorizer.miniLmFp32();
            default -> {
                if (folder == null || !NAME.matcher(name).matches() || !Files.isDirectory(folder.resolve(name))) {
                    throw new UnusableModelException(name, "there is no such model; there are " + names());
                }
                yield new ModelFolder(name, folder.resolve(name)).load();
            }
        };
    }
}
