package io.knowledgebase.ingest.cutover.debezium;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.MemoryOffsetBackingStore;
import org.jspecify.annotations.Nullable;

/** Kafka Connect's offsets in PostgreSQL. Connect makes it by its name, so it finds its store by the engine's. */
public final class ConnectOffsetBackingStore extends MemoryOffsetBackingStore {

    static final String STORE = "kb.offset.store";

    private static final Map<String, OffsetStore> STORES = new ConcurrentHashMap<>();

    private @Nullable OffsetStore store;

    static void offer(String name, OffsetStore store) {
        STORES.put(name, store);
    }

    @Override
    public void configure(WorkerConfig config) {
        super.configure(config);
        store = STORES.get(String.valueOf(config.originals().get(STORE)));
    }

    @Override
    public synchronized void start() {
        super.start();
        store().load().forEach((key, value) -> data.put(bytes(key), value == null ? null : bytes(value)));
    }

    @Override
    protected void save() {
        Map<String, String> offsets = new HashMap<>();
        data.forEach((key, value) -> offsets.put(text(key), value == null ? null : text(value)));
        store().save(offsets);
    }

    /** Asked for by Connect's workers only, not by the engine. */
    @Override
    public Set<Map<String, Object>> connectorPartitions(String connectorName) {
        return Set.of();
    }

    private OffsetStore store() {
        if (store == null) {
            throw new IllegalStateException("no store of offsets was offered");
        }
        return store;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
