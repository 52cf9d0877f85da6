package io.knowledgebase.ingest.notion.api;

import io.knowledgebase.ingest.notion.api.NotionException.Kind;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads what a connection may see. Lists come page by page; whoever reads them says for each entry whether more are
 * wanted. All methods throw {@link NotionException} and may be used by several threads.
 */
public final class NotionClient {

    private static final int PAGE_SIZE = 100;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Transport transport;
    private final URI base;
    private final Duration timeout;
    private final String token;
    private final ApiVersion version;

    NotionClient(Transport transport, URI base, Duration timeout, String token, ApiVersion version) {
        this.transport = transport;
        this.base = base;
        this.timeout = timeout;
        this.token = token;
        this.version = version;
    }

    /** Whether a database has data sources, and they the rows. */
    public boolean hasDataSources() {
        return version.hasDataSources();
    }

    /** The connection's own user, a bot, with its workspace. */
    public JsonNode me() {
        return get("/v1/users/me");
    }

    public JsonNode user(String userId) {
        return get("/v1/users/" + userId);
    }

    public JsonNode page(String pageId) {
        return get("/v1/pages/" + pageId);
    }

    public JsonNode block(String blockId) {
        return get("/v1/blocks/" + blockId);
    }

    public JsonNode database(String databaseId) {
        return get("/v1/databases/" + databaseId);
    }

    /** What has rows: a data source, before 2025-09-03 a database. */
    public JsonNode dataSource(String dataSourceId) {
        return get((version.hasDataSources() ? "/v1/data_sources/" : "/v1/databases/") + dataSourceId);
    }

    /** One level of a page's or block's blocks. */
    public void children(String blockId, Predicate<JsonNode> each) {
        list(cursor -> get("/v1/blocks/" + blockId + "/children?page_size=" + PAGE_SIZE + startCursor(cursor)), each);
    }

    /** The comments on a page or block that are not resolved. */
    public void comments(String blockId, Predicate<JsonNode> each) {
        list(
                cursor -> get(
                        "/v1/comments?block_id=" + encode(blockId) + "&page_size=" + PAGE_SIZE + startCursor(cursor)),
                each);
    }

    /** All items of a property of which a page object holds but the first ones. */
    public void property(String pageId, String propertyId, Predicate<JsonNode> each) {
        // Ids of properties come percent-encoded.
        list(
                cursor -> get("/v1/pages/" + pageId + "/properties/" + propertyId + "?page_size=" + PAGE_SIZE
                        + startCursor(cursor)),
                each);
    }

    /** Pages that the connection may see, last edited first; rows of data sources are pages. */
    public void searchPages(Predicate<JsonNode> each) {
        search("page", each);
    }

    /** Data sources that the connection may see, last edited first. */
    public void searchDataSources(Predicate<JsonNode> each) {
        search(version.hasDataSources() ? "data_source" : "database", each);
    }

    private void search(String object, Predicate<JsonNode> each) {
        list(
                cursor -> post(
                        "/v1/search",
                        Map.of(
                                "filter", Map.of("property", "object", "value", object),
                                "sort", Map.of("direction", "descending", "timestamp", "last_edited_time")),
                        cursor),
                each);
    }

    /** Rows of a data source, last edited first. */
    public void rowsByEdit(String dataSourceId, Predicate<JsonNode> each) {
        Map<String, Object> query =
                Map.of("sorts", List.of(Map.of("timestamp", "last_edited_time", "direction", "descending")));
        list(cursor -> post(queryPath(dataSourceId), query, cursor), each);
    }

    /**
     * Rows of a data source, first created first. Notion ends a query at 10,000 rows.
     *
     * @param createdSince where to begin, or null for all; the minute counts as a whole
     */
    public void rows(String dataSourceId, @Nullable Instant createdSince, Predicate<JsonNode> each) {
        Map<String, Object> query = new HashMap<>();
        query.put("sorts", List.of(Map.of("timestamp", "created_time", "direction", "ascending")));
        if (createdSince != null) {
            query.put(
                    "filter",
                    Map.of(
                            "timestamp",
                            "created_time",
                            "created_time",
                            Map.of("on_or_after", createdSince.toString())));
        }
        list(cursor -> post(queryPath(dataSourceId), query, cursor), each);
    }

    private String queryPath(String dataSourceId) {
        return (version.hasDataSources() ? "/v1/data_sources/" : "/v1/databases/") + dataSourceId + "/query";
    }

    private void list(Function<@Nullable String, JsonNode> request, Predicate<JsonNode> each) {
        String cursor = null;
        do {
            JsonNode page = request.apply(cursor);
            for (JsonNode entry : page.path("results")) {
                if (!each.test(entry)) {
                    return;
                }
            }
            String next = page.path("has_more").asBoolean(false)
                    ? page.path("next_cursor").asString("")
                    : null;
            if (next != null && (next.isEmpty() || next.equals(cursor))) {
                throw NotionException.of(Kind.REJECTED, "a list of Notion has more, but does not say where");
            }
            cursor = next;
        } while (cursor != null);
    }

    private JsonNode get(String path) {
        return transport.send(request(path).GET().build());
    }

    private JsonNode post(String path, Map<String, ?> body, @Nullable String cursor) {
        ObjectNode json = JSON.valueToTree(body);
        json.put("page_size", PAGE_SIZE);
        if (cursor != null) {
            json.put("start_cursor", cursor);
        }
        return transport.send(request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(JSON.writeValueAsBytes(json)))
                .build());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path))
                .timeout(timeout)
                .header("Authorization", "Bearer " + token)
                .header("Notion-Version", version.code());
    }

    private static String startCursor(@Nullable String cursor) {
        return cursor == null ? "" : "&start_cursor=" + encode(cursor);
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
