package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.documents.UploadedDocument;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Looks for a snippet as its reader would: by asking for it. */
final class SnippetSearch {

    /** The most that the search service answers. */
    private static final int TOP_K = 100;

    private static final List<String> MODES = List.of("lexical", "hybrid");

    private final ServiceClient search;

    SnippetSearch(ServiceClient search) {
        this.search = search;
    }

    /**
     * What came of it.
     *
     * @param mode in which it was found; null if it was not
     * @param missing why it was not found; null if it was
     */
    record Found(
            String path,
            String snippet,
            @Nullable String mode,
            @Nullable String missing) {}

    Found find(UploadedDocument document, String snippet) {
        String path = document.externalId();
        if (!document.isIndexed() || document.documentId() == null) {
            return new Found(path, snippet, null, "the document is not indexed");
        }
        Passages passages = new Passages();
        for (String mode : MODES) {
            JsonNode answer = search.postJson(
                    "/v1/search",
                    Map.of(
                            "query",
                            snippet,
                            "mode",
                            mode,
                            "topK",
                            TOP_K,
                            "filters",
                            Map.of("documentId", List.of(document.documentId()))));
            answer.path("results")
                    .forEach(chunk -> passages.add(
                            chunk.path("chunkIndex").asInt(),
                            chunk.path("section").asString(""),
                            chunk.path("text").asString()));
            if (passages.contain(snippet)) {
                return new Found(path, snippet, mode, null);
            }
        }
        String where =
                document.chunks() == 1 ? "its only chunk" : passages.size() + " of " + document.chunks() + " chunks";
        return new Found(path, snippet, null, "not in " + where);
    }
}
