package io.knowledgebase.embed.generation;

import com.pgvector.PGvector;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Compares a generation with the documents there are, and its index with an exact search. */
final class VerificationStore {

    private static final int EXAMPLES = 10;
    private static final int QUERIES = 100;
    private static final int NEAREST = 10;
    private static final double SAME_DISTANCE = 1e-6;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    VerificationStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    private static final String MISSING = "select 'missing' as kind, d.document_id " + GenerationStore.MISSING;

    private static final String UNREADABLE = """
            select 'not indexed', i.document_id
            from indexed_documents i
            join index_generations g on g.state = 'live'
            join indexed_documents l on l.generation = g.generation and l.document_id = i.document_id
                 and (l.version, l.attempt) = (i.version, i.attempt)
            where i.generation = :generation and i.state = 'failed' and l.state = 'indexed'
            """;

    private static final String SURPLUS = """
            select 'deleted', i.document_id
            from indexed_documents i
            left join documents d on d.document_id = i.document_id
            where i.generation = :generation and (d.document_id is null or d.deleted)
            """;

    private static final String INCOMPLETE = """
            select 'chunks', i.document_id
            from indexed_documents i
            left join (select document_id, version, attempt, count(*) as chunks
                       from document_chunks where generation = :generation
                       group by document_id, version, attempt) c
                 on (c.document_id, c.version, c.attempt) = (i.document_id, i.version, i.attempt)
            where i.generation = :generation and coalesce(c.chunks, 0) <> i.chunks
            """;

    private static final String THINNED = """
            select 'text', n.document_id
            from (%1$s) n
            join index_generations g on g.state = 'live' and g.generation <> :generation
            join (%2$s) l on (l.document_id, l.version, l.attempt) = (n.document_id, n.version, n.attempt)
            where n.characters * 2 < l.characters
            """.formatted(
            characters(":generation"), characters("(select generation from index_generations where state = 'live')"));

    private static String characters(String generation) {
        return """
                select c.document_id, c.version, c.attempt,
                       sum(length(c.text)) * (1 - max(g.overlap_tokens)::float / max(g.chunk_tokens)) as characters
                from document_chunks c
                join index_generations g on g.generation = c.generation
                where c.generation = %s
                group by c.document_id, c.version, c.attempt
                """.formatted(generation);
    }

    Verification verify(Generation generation, boolean hasIndex) {
        return transaction.execute(status -> {
            jdbc.sql("set transaction isolation level repeatable read").update();
            List<String> examples = new ArrayList<>();
            long documents = jdbc.sql("select count(*) from documents where not deleted and delivery = 'settled'")
                    .query(Long.class)
                    .single();
            long missing = count(MISSING, generation, examples);
            long unreadable = count(UNREADABLE, generation, examples);
            long surplus = count(SURPLUS, generation, examples);
            long incomplete = count(INCOMPLETE, generation, examples);
            long thinned = count(THINNED, generation, examples);
            List<Query> queries = hasIndex ? queries(generation) : List.of();
            return new Verification(
                    documents,
                    missing,
                    unreadable,
                    surplus,
                    incomplete,
                    thinned,
                    examples,
                    recall(generation, queries),
                    queries.size());
        });
    }

    private long count(String differing, Generation generation, List<String> examples) {
        examples.addAll(jdbc.sql(differing + " limit " + EXAMPLES)
                .param("generation", generation.number())
                .query((row, number) -> row.getString(2) + ": " + row.getString(1))
                .list());
        return jdbc.sql("select count(*) from (" + differing + ") differing")
                .param("generation", generation.number())
                .query(Long.class)
                .single();
    }

    /** A chunk whose neighbours are asked for. */
    private record Query(String userId, PGvector vector) {}

    private List<Query> queries(Generation generation) {
        return jdbc.sql("""
                select c.user_id, c.embedding_vector::text as vector
                from document_chunks c
                where c.generation = :generation
                order by md5(c.chunk_id)
                limit :queries
                """)
                .param("generation", generation.number())
                .param("queries", QUERIES)
                .query(VerificationStore::query)
                .list();
    }

    private static Query query(ResultSet row, int number) throws SQLException {
        return new Query(row.getString("user_id"), new PGvector(row.getString("vector")));
    }

    private @Nullable Double recall(Generation generation, List<Query> queries) {
        if (queries.isEmpty()) {
            return null;
        }
        long wanted = 0;
        long found = 0;
        for (Query query : queries) {
            List<Double> exact = nearest(generation, query, false);
            if (!exact.isEmpty()) {
                // Many may be as near as the last one: any of them is right.
                double last = exact.get(exact.size() - 1) + SAME_DISTANCE;
                wanted += exact.size();
                found += nearest(generation, query, true).stream()
                        .filter(distance -> distance <= last)
                        .count();
            }
        }
        return wanted == 0 ? 1 : (double) found / wanted;
    }

    /** Distances of the nearest, as searches ask for them. */
    private List<Double> nearest(Generation generation, Query query, boolean byIndex) {
        jdbc.sql("""
                select set_config('hnsw.iterative_scan', 'relaxed_order', true),
                       set_config('hnsw.ef_search', '200', true),
                       set_config('enable_sort', :sort, true)
                """)
                .param("sort", byIndex ? "off" : "on") // only the index is in order
                .query()
                .singleRow();
        return jdbc.sql("""
                select embedding_vector <=> :vector from document_chunks
                where generation = %d and user_id = :user
                order by %s
                limit %d
                """.formatted(
                                generation.number(),
                                byIndex
                                        ? "(embedding_vector::vector(%d)) <=> :vector".formatted(generation.dimension())
                                        : "embedding_vector <#> :vector",
                                NEAREST))
                .param("user", query.userId())
                .param("vector", query.vector())
                .query(Double.class)
                .list();
    }
}
