package io.knowledgebase.local.documents;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** A file and the external id it gets: its path below the folder that was named, or its name. */
public record UploadFile(Path path, String externalId) {

    /**
     * What the arguments name.
     *
     * @param files in the order of the arguments, those of a folder by path
     * @param leftOut hidden files, and those in hidden folders, inside of a folder
     */
    record Found(List<UploadFile> files, int leftOut) {

        Found {
            files = List.copyOf(files);
        }
    }

    static Found find(List<Path> arguments, String prefix) {
        List<UploadFile> files = new ArrayList<>();
        int leftOut = 0;
        for (Path argument : arguments) {
            if (Files.isDirectory(argument)) {
                for (Path file : filesIn(argument)) {
                    Path relative = argument.relativize(file);
                    if (isVisible(relative)) {
                        String id = prefix + relative.toString().replace(File.separatorChar, '/');
                        files.add(new UploadFile(file, id));
                    } else {
                        leftOut++;
                    }
                }
            } else if (Files.isReadable(argument)) {
                files.add(new UploadFile(argument, prefix + argument.getFileName()));
            } else {
                throw CommandFailedException.usage(argument + " cannot be read", "name files or folders that exist");
            }
        }
        refuseSameIds(files);
        return new Found(files, leftOut);
    }

    private static List<Path> filesIn(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isVisible(Path relative) {
        return StreamSupport.stream(relative.spliterator(), false)
                .noneMatch(part -> part.toString().startsWith("."));
    }

    private static void refuseSameIds(List<UploadFile> files) {
        Map<String, Path> seen = new HashMap<>();
        for (UploadFile file : files) {
            Path other = seen.putIfAbsent(file.externalId(), file.path());
            if (other != null) {
                throw CommandFailedException.usage(
                        other + " and " + file.path() + " would be the same document " + file.externalId(),
                        "upload them one after the other with different --external-id-prefix");
            }
        }
    }
}
