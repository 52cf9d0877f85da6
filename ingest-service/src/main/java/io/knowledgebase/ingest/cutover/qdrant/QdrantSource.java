package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.schemas.problem.Problem;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where points are.
 *
 * @param url of the REST API, perhaps with a path in front of it
 * @param apiKey null if Qdrant asks for none
 * @param vector which of several vectors is meant; null for the one without a name
 * @param unownedTo the user whose documents become of points without an owner; null to leave them out
 */
public record QdrantSource(
        URI url,
        String collection,
        @Nullable String apiKey,
        @Nullable String vector,
        @Nullable String unownedTo) {

    private static final int LONGEST_NAME = 255;

    /** Throws a {@link Problem} that names the field if it cannot be a source. */
    public QdrantSource {
        boolean web = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        if (!web || url.getHost() == null || url.getRawQuery() != null || url.getRawUserInfo() != null) {
            throw Problem.badField(
                    "qdrant.url", "qdrant.url must be the http or https URL of Qdrant, as in http://localhost:6333.");
        }
        if (collection.isBlank() || collection.length() > LONGEST_NAME) {
            throw Problem.badField("qdrant.collection", "qdrant.collection is blank or longer than 255 characters.");
        }
        if (apiKey != null && !apiKey.chars().allMatch(c -> c > ' ' && c <= '~')) {
            throw Problem.badField("qdrant.apiKey", "qdrant.apiKey has characters that no key has.");
        }
        requireStorable("qdrant.collection", collection);
        requireStorable("qdrant.vector", vector);
        requireStorable("qdrant.unownedTo", unownedTo);
        apiKey = apiKey == null || apiKey.isEmpty() ? null : apiKey;
        vector = vector == null || vector.isEmpty() ? null : vector;
        unownedTo = unownedTo == null || unownedTo.isBlank() ? null : unownedTo;
    }

    private static void requireStorable(String field, @Nullable String text) {
        if (text != null && text.indexOf('\0') >= 0) {
            throw Problem.badField(field, field + " has the character U+0000.");
        }
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "QdrantSource[url=" + url + ", collection=" + collection + "]";
    }
}
