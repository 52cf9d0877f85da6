package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.local.standin.QdrantStandIn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The legacy application as it writes its chunks, each time with new ids. */
public final class LegacyCollection {

    private final QdrantStandIn qdrant;
    private final Random random;

    public LegacyCollection(QdrantStandIn qdrant, long seed) {
        this.qdrant = qdrant;
        this.random = new Random(seed);
    }

    Random random() {
        return random;
    }

    /** Uploads a text for nobody, as the application does. */
    public List<String> upload(String file, String text) {
        return upload(file, text, null);
    }

    public List<String> upload(String file, String text, String user) {
        return put(text, user, metadata -> metadata.put("source", file).put("file_type", "txt"), "upload");
    }

    public List<String> sync(String user, String page, String edited, String title, String text) {
        return put(
                text,
                user,
                metadata -> metadata.put("page_id", page)
                        .put("title", title)
                        .put("url", "https://www.notion.so/" + page.replace("-", ""))
                        .put("last_edited_time", edited)
                        .put("user_id", user),
                "notion");
    }

    /** Puts a payload with single quotes for double ones. */
    public String odd(String payload) {
        String id = id();
        qdrant.put(id, payload == null ? null : JsonMapper.shared().readTree(payload.replace('\'', '"')));
        return id;
    }

    private List<String> put(String text, String user, Consumer<ObjectNode> described, String sourceType) {
        List<String> ids = new ArrayList<>();
        List<String> chunks = LegacyCutter.cut(text);
        for (int i = 0; i < chunks.size(); i++) {
            ObjectNode payload = JsonMapper.shared()
                    .createObjectNode()
                    .put("text", chunks.get(i))
                    .put("chunk_id", i)
                    .put("source_type", sourceType)
                    .put("user_id", user);
            described.accept(payload.putObject("metadata"));
            String id = id();
            qdrant.put(id, payload, Map.of());
            ids.add(id);
        }
        return ids;
    }

    private String id() {
        return random.nextInt(10) == 0
                ? Long.toUnsignedString(random.nextLong())
                : new UUID(random.nextLong(), random.nextLong()).toString();
    }
}
