package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.PointStore.SourceKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of the documents that the import has made, and of what is here in their place. */
final class ImportedStore {

    private final JdbcClient jdbc;

    ImportedStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A document as it is here.
     *
     * @param modified when its Notion page was last edited, as text
     */
    record Here(int version, boolean deleted, @Nullable String modified) {}

    /**
     * A document that the import has made.
     *
     * @param version that it got then
     * @param digest of what was handed in
     * @param chains how many different ones its source has
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Imported(
            UUID documentId,
            SourceKey key,
            String sourceId,
            int version,
            byte[] digest,
            int chains,
            int copies,
            boolean ambiguous,
            int withoutOverlap,
            int boundaries,
            long missingChunks) {}

    /** Keeps everybody else from documents until the transaction ends, whether they exist or not. */
    void lock(Collection<UUID> documentIds) {
        jdbc.sql("""
                select pg_advisory_xact_lock(hashtextextended(ordered.id, 0))
                from (select id from unnest(cast(:ids as text[])) as wanted (id) order by id) as ordered
                """)
                .param("ids", documentIds.stream().map(UUID::toString).toArray(String[]::new))
                .query()
                .listOfRows();
    }

    Optional<Here> here(UUID documentId) {
        return jdbc.sql("""
                select version, deleted, metadata ->> 'modified' as modified from documents
                where document_id = :id
                for update
                """)
                .param("id", documentId)
                .query((row, number) ->
                        new Here(row.getInt("version"), row.getBoolean("deleted"), row.getString("modified")))
                .optional();
    }

    Optional<Imported> find(UUID documentId) {
        return jdbc.sql("select * from cutover_qdrant_documents where document_id = :id")
                .param("id", documentId)
                .query((row, number) -> new Imported(
                        row.getObject("document_id", UUID.class),
                        new SourceKey(row.getString("owner"), row.getString("source_type"), row.getString("source")),
                        row.getString("source_id"),
                        row.getInt("version"),
                        row.getBytes("digest"),
                        row.getInt("chains"),
                        row.getInt("copies"),
                        row.getBoolean("ambiguous"),
                        row.getInt("without_overlap"),
                        row.getInt("boundaries"),
                        row.getLong("missing_chunks")))
                .optional();
    }

    /** The names that documents of a source have got. */
    Map<UUID, String> sourceIds(SourceKey key) {
        return Map.ofEntries(jdbc.sql("""
                select document_id, source_id from cutover_qdrant_documents
                where source = :source and source_type = :type and owner = :owner
                """)
                .param("source", key.source())
                .param("type", key.sourceType())
                .param("owner", key.owner())
                .query((row, number) -> Map.entry(row.getObject("document_id", UUID.class), row.getString("source_id")))
                .list()
                .<Map.Entry<UUID, String>>toArray(Map.Entry[]::new));
    }

    void save(Imported document) {
        jdbc.sql("""
                insert into cutover_qdrant_documents (
                    document_id, owner, source_type, source, source_id, version, digest, chains, copies, ambiguous,
                    without_overlap, boundaries, missing_chunks)
                values (:id, :owner, :type, :source, :sourceId, :version, :digest, :chains, :copies, :ambiguous,
                        :withoutOverlap, :boundaries, :missing)
                on conflict (document_id) do update set
                    source = excluded.source, version = excluded.version, digest = excluded.digest,
                    chains = excluded.chains, copies = excluded.copies, ambiguous = excluded.ambiguous,
                    without_overlap = excluded.without_overlap, boundaries = excluded.boundaries,
                    missing_chunks = excluded.missing_chunks
                """)
                .param("id", document.documentId())
                .param("owner", document.key().owner())
                .param("type", document.key().sourceType())
                .param("source", document.key().source())
                .param("sourceId", document.sourceId())
                .param("version", document.version())
                .param("digest", document.digest())
                .param("chains", document.chains())
                .param("copies", document.copies())
                .param("ambiguous", document.ambiguous())
                .param("withoutOverlap", document.withoutOverlap())
                .param("boundaries", document.boundaries())
                .param("missing", document.missingChunks())
                .update();
    }

    /** Documents as the import has left them, of which no point is there any more, and that nobody else keeps. */
    List<Imported> withoutPoints() {
        return jdbc.sql("""
                select i.document_id
                from cutover_qdrant_documents i
                join documents d on d.document_id = i.document_id and d.version = i.version and not d.deleted
                where not exists (select from cutover_qdrant_points p where p.document_id = i.document_id)
                  and not exists (select from notion_entities e
                                  join notion_connections c on c.connection_id = e.connection_id
                                  where i.source_type = 'notion' and c.user_id = i.owner and not e.gone
                                    and e.entity_id::text = i.source_id)
                """).query(UUID.class).list().stream()
                .flatMap(id -> find(id).stream())
                .toList();
    }

    /** Puts down that the import has deleted a document, so that it may bring it back. */
    void deleted(UUID documentId) {
        jdbc.sql("""
                update cutover_qdrant_documents i set version = d.version
                from documents d
                where d.document_id = i.document_id and i.document_id = :id
                """).param("id", documentId).update();
    }

    void ensureUser(String userId) {
        jdbc.sql("select ensure_user(:user)").param("user", userId).query().listOfRows();
    }
}
