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
record UploadFile(Path path, String externalId) {

    /** The files that the arguments name; hidden files and folders inside of a folder are left out. */
    static List<UploadFile> find(List<Path> arguments, String prefix) {
        List<UploadFile> files = new ArrayList<>();
        for (Path argument : arguments) {
            if (Files.isDirectory(argument)) {
                try (Stream<Path> all = Files.walk(argument)) {
                    all.filter(Files::isRegularFile)
                            .filter(file -> isVisible(argument.relativize(file)))
                            .sorted()
                            .forEach(file -> files.add(new UploadFile(
                                    file,
                                    prefix
                                            + argument.relativize(file)
                                                    .toString()
                                                    .replace(File.separatorChar, '/'))));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            } else if (Files.isReadable(argument)) {
                files.add(new UploadFile(argument, prefix + argument.getFileName()));
            } else {
                throw CommandFailedException.usage(argument + " cannot be read", "name files or folders that exist");
            }
        }
        refuseSameIds(files);
        return files;
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
