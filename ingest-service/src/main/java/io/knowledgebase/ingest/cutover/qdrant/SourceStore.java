package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.seal.Seal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of how Qdrant is reached. */
final class SourceStore {

    private static final UUID KEY_OWNER =
            UUID.nameUUIDFromBytes("cutover_qdrant_source.sealed_key".getBytes(StandardCharsets.UTF_8));

    private final JdbcClient jdbc;
    private final Seal seal;

    SourceStore(JdbcClient jdbc, Seal seal) {
        this.jdbc = jdbc;
        this.seal = seal;
    }

    void keep(QdrantSource source) {
        jdbc.sql("""
                insert into cutover_qdrant_source (url, collection, vector, unowned_to, sealed_key)
                values (:url, :collection, :vector, :unownedTo, :key)
                on conflict (only_row) do update set
                    url = excluded.url, collection = excluded.collection, vector = excluded.vector,
                    unowned_to = excluded.unowned_to, sealed_key = excluded.sealed_key
                """)
                .param("url", source.url().toString())
                .param("collection", source.collection())
                .param("vector", source.vector())
                .param("unownedTo", source.unownedTo())
                .param("key", source.apiKey() == null ? null : seal.seal(source.apiKey(), KEY_OWNER))
                .update();
    }

    boolean isKept() {
        return jdbc.sql("select exists (select from cutover_qdrant_source)")
                .query(Boolean.class)
                .single();
    }

    Optional<QdrantSource> kept() {
        return jdbc.sql("select * from cutover_qdrant_source")
                .query((row, number) -> {
                    byte[] key = row.getBytes("sealed_key");
                    return new QdrantSource(
                            URI.create(row.getString("url")),
                            row.getString("collection"),
                            key == null ? null : seal.open(key, KEY_OWNER),
                            row.getString("vector"),
                            row.getString("unowned_to"));
                })
                .optional();
    }

    void forget() {
        jdbc.sql("delete from cutover_qdrant_source").update();
    }
}
