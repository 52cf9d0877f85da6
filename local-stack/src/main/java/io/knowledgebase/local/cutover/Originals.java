package io.knowledgebase.local.cutover;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** Originals of documents in a folder, for those who have to add them again elsewhere. */
final class Originals {

    private final Home home;
    private final Path folder;

    /**
     * Originals of documents of all users.
     *
     * @throws CommandFailedException if only one of them can be asked for
     */
    Originals(Home home, Path folder) {
        if (home.setting("KB_TOKEN").isPresent()) {
            throw CommandFailedException.of(
                    "KB_TOKEN is one user's, and originals are of several", "repeat without KB_TOKEN");
        }
        this.home = home;
        this.folder = folder;
    }

    /** Writes each as {@code folder/user/document id-name}; names and users may hold anything, so only some of it stays. */
    void write(JsonNode documents) {
        for (JsonNode document : documents) {
            String user = document.path("userId").asString("");
            String id = document.path("documentId").asString("");
            Path ofUser = folder.resolve(folderOf(user));
            try {
                Files.createDirectories(ofUser);
            } catch (IOException e) {
                throw CommandFailedException.of(ofUser + " cannot be made", "name a folder that can be written to");
            }
            new ServiceClient(home, Service.INGEST, user, List.of())
                    .download(
                            "/v1/documents/" + id + "/content",
                            ofUser.resolve(
                                    id + "-" + plain(document.path("externalId").asString(""))));
        }
    }

    /** Of one user alone, also if what stays of the name is another one's. */
    private static String folderOf(String user) {
        String plain = plain(user);
        return plain.equals(user) ? plain : plain + "-" + UUID.nameUUIDFromBytes(user.getBytes(StandardCharsets.UTF_8));
    }

    private static String plain(String name) {
        String plain = name.replaceAll("[^\\p{L}\\p{N}._-]", "_").replaceFirst("^\\.+", "_");
        return plain.substring(Math.max(0, plain.length() - 100));
    }
}
