package io.knowledgebase.ingest.deadletter;

import static java.util.stream.Collectors.toMap;

import io.knowledgebase.ingest.document.DocumentStatus;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What became of the documents of dead letters, in PostgreSQL. */
final class DeadLetterStore {

    private final JdbcClient jdbc;

    DeadLetterStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The status that each document has now, whoever owns it; none for ids that are no document's. */
    Map<UUID, DocumentStatus> statuses(Collection<UUID> documentIds) {
        return jdbc
                .sql("""
                select d.document_id,
                       case when d.deleted then 'deleted' else coalesce(i.state, 'accepted') end as status
                from documents d
                left join index_generations g on g.state = 'live' and not d.deleted
                left join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                     and i.version = d.version and i.attempt = d.attempt
                where d.document_id = any (cast(:ids as uuid[]))
                """)
                .param("ids", documentIds.stream().map(UUID::toString).toArray(String[]::new))
                .query((row, number) -> Map.entry(
                        row.getObject("document_id", UUID.class),
                        DocumentStatus.ofCode(row.getString("status")).orElseThrow()))
                .list()
                .stream()
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
