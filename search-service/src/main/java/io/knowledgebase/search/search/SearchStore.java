package io.knowledgebase.search.search;

import com.pgvector.PGsparsevec;
import com.pgvector.PGvector;
import io.knowledgebase.search.search.TermFrequencies.IndexState;
import io.knowledgebase.vectorizer.TextAnalysis;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the index. Every query names the user, and the transaction names it to PostgreSQL's row-level security as well:
 * either of the two suffices to keep other users' rows out.
 *
 * <p>Numbers of the live generation and limits are written into the SQL (partition and index are chosen when a
 * statement is planned); everything that comes from outside is a parameter.
 */
final class SearchStore {

    /** First and last times that both Java and PostgreSQL can tell. */
    private static final Instant FIRST_TIME = Instant.parse("0001-01-01T00:00:00Z");

    private static final Instant LAST_TIME = Instant.parse("9999-12-31T00:00:00Z");

    private final JdbcTemplate template;
    private final JdbcClient jdbc;
    private final TransactionOperations readOnly;
    private final SearchSettings settings;
    private final UnaryOperator<String> rewrite;

    SearchStore(JdbcTemplate template, TransactionOperations readOnly, SearchSettings settings) {
        this(template, readOnly, settings, UnaryOperator.identity());
    }

    /** @param rewrite lets tests take a fence away */
    SearchStore(
            JdbcTemplate template,
            TransactionOperations readOnly,
            SearchSettings settings,
            UnaryOperator<String> rewrite) {
        this.template = template;
        this.jdbc = JdbcClient.create(template);
        this.readOnly = readOnly;
        this.settings = settings;
        this.rewrite = rewrite;
    }

    // One snapshot for the whole search: what its first statement finds, its last one can read. Rows lie in memory or
    // should, so a page out of order costs no more than one in order. Plans are made once: making them again costs 1 ms
    // a
    // statement, and for a query of common words it would compare arrays row by row (90 ms) instead of asking the
    // index.
    private static final String OPEN = """
            set transaction isolation level repeatable read;
            select set_config('kb.user_id', ?, true),
                   set_config('random_page_cost', '1.1', true),
                   set_config('jit', 'off', true),
                   set_config('plan_cache_mode', 'force_generic_plan', true),
                   set_config('hnsw.iterative_scan', 'relaxed_order', true),
                   set_config('hnsw.ef_search', ?, true),
                   set_config('hnsw.max_scan_tuples', ?, true)
            """;

    /** Runs the work in one read-only transaction of the user. */
    <T> T reading(String user, Supplier<T> work) {
        T result = readOnly.execute(status -> {
            template.execute(OPEN, (PreparedStatement statement) -> {
                statement.setString(1, user);
                statement.setString(2, Integer.toString(settings.efSearch()));
                statement.setString(3, Integer.toString(settings.maximumScanTuples()));
                return statement.execute();
            });
            return work.get();
        });
        if (result == null) {
            throw new IllegalStateException("a search has an answer");
        }
        return result;
    }

    /**
     * The live generation and what the user has in it.
     *
     * @param hasHnsw whether its HNSW index is built
     * @param state what the user has in it
     */
    record Overview(
            int generation,
            String model,
            @Nullable String modelDigest,
            int dimension,
            TextAnalysis analysis,
            boolean hasHnsw,
            IndexState state) {

        long chunks() {
            return state.chunks();
        }
    }

    /** The models of generations that are live or can become so. */
    List<String> models() {
        return jdbc.sql("""
                select distinct model from index_generations
                where state <> 'dropping' order by model
                """).query(String.class).list();
    }

    private static final String OVERVIEW = """
            select g.generation, g.model, g.model_digest, g.dimension, g.analysis,
                   exists (select from pg_index x
                           where x.indexrelid = to_regclass('document_chunks_g' || g.generation || '_hnsw')
                             and x.indisvalid) as has_hnsw,
                   own.documents, own.chunks, own.last_indexed
            from index_generations g
            cross join lateral (
                select count(*) as documents, coalesce(sum(i.chunks), 0) as chunks, max(i.indexed_at) as last_indexed
                from indexed_documents i
                where i.user_id = :user and i.generation = g.generation and i.state = 'indexed') own
            where g.state = 'live'
            """;

    Overview overview(String user) {
        return sql(OVERVIEW)
                .param("user", user)
                .query((row, number) -> {
                    OffsetDateTime lastIndexed = row.getObject("last_indexed", OffsetDateTime.class);
                    int generation = row.getInt("generation");
                    return new Overview(
                            generation,
                            row.getString("model"),
                            row.getString("model_digest"),
                            row.getInt("dimension"),
                            TextAnalysis.ofCode(row.getString("analysis")).orElseThrow(),
                            row.getBoolean("has_hnsw"),
                            new IndexState(
                                    generation,
                                    row.getLong("documents"),
                                    row.getLong("chunks"),
                                    lastIndexed == null ? null : lastIndexed.toInstant()));
                })
                .single();
    }

    private static final String SELECTED_DOCUMENTS = """
            from indexed_documents i
            join documents d on d.document_id = i.document_id
            where i.generation = :generation and i.user_id = :user and i.state = 'indexed'
              and d.user_id = :user
              and (cast(:source_types as varchar[]) is null or d.source_type = any(:source_types))
              and (cast(:document_ids as varchar[]) is null or d.document_id = any(cast(:document_ids as uuid[])))
              and (cast(:external_ids as varchar[]) is null or d.source_id = any(:external_ids))
              and (cast(:metadata as jsonb) is null
                   or not exists (select from jsonb_each(cast(:metadata as jsonb)) wanted
                                  where i.metadata -> wanted.key is distinct from wanted.value))
              and (cast(:created_after as timestamptz) is null or d.created_at >= :created_after)
              and (cast(:created_before as timestamptz) is null or d.created_at < :created_before)
            """;

    private static final String COUNT_SELECTED = "select coalesce(sum(i.chunks), 0) " + SELECTED_DOCUMENTS;

    /** The user's chunks in documents that the filters let through. */
    long countSelected(String user, int generation, SearchFilters filters) {
        return sql(COUNT_SELECTED)
                .params(filterParameters(user, generation, filters))
                .query(Long.class)
                .single();
    }

    private static final String FREQUENCIES = """
            select wanted.term,
                   (select count(*) from document_chunks c
                    where c.generation = %1$d and c.user_id = :user and c.terms && array[wanted.term]) as chunks
            from unnest(:terms) as wanted (term)
            """;

    /** How many of the user's chunks have each term. */
    Map<Integer, Long> frequencies(String user, int generation, int[] terms) {
        Map<Integer, Long> frequencies = new HashMap<>();
        sql(FREQUENCIES.formatted(generation))
                .param("user", user)
                .param("terms", terms)
                .query(row -> {
                    frequencies.put(row.getInt("term"), row.getLong("chunks"));
                });
        return frequencies;
    }

    /** Which chunks legs look at. */
    enum Scope {
        /** All of the user's in the generation; whether they are visible is checked of those that a leg proposes. */
        ALL("true"),
        /** Visible ones in documents that the filters let through. */
        SELECTED("((c.document_id, c.version, c.attempt) in (select i.document_id, i.version, i.attempt "
                + SELECTED_DOCUMENTS + ")) is true"),
        /** The same, where they are few of many: found by their documents' ids. */
        FEW_SELECTED(SELECTED.condition + " and c.document_id = any(array(select i.document_id " + SELECTED_DOCUMENTS
                + "))");

        private final String condition;

        Scope(String condition) {
            this.condition = condition;
        }
    }

    /** How the dense leg finds its candidates. */
    enum DensePlan {
        /** Not at all. */
        NONE("select null::bigint as id where false"),
        /** By comparing every vector; of unit length, so that the inner product orders as the cosine does. */
        EXACT("""
                select c.id from document_chunks c
                where c.generation = %1$d and c.user_id = :user and %3$s
                order by c.embedding_vector <#> :vector, c.id
                limit %4$d
                """),
        /** By the HNSW index, iterating until there are enough. */
        HNSW("""
                select c.id from document_chunks c
                where c.generation = %1$d and c.user_id = :user and %3$s
                order by (c.embedding_vector::vector(%2$d)) <=> :vector
                limit %4$d
                """);

        private final String sql;

        DensePlan(String sql) {
            this.sql = sql;
        }
    }

    private static final String LEXICAL = """
            select c.id from document_chunks c
            where c.generation = %1$d and c.user_id = :user and c.terms && :terms and %2$s
            order by c.term_weights <#> :weights, c.id
            limit %3$d
            """;

    private static final String CANDIDATES = """
            with dense as materialized (%2$s),
            proposed as materialized (
                select id, bool_or(by_dense) as by_dense, bool_or(by_lexical) as by_lexical
                from (select id, true as by_dense, false as by_lexical from dense
                      union all
                      select id, false, true from unnest(cast(:lexical as bigint[])) as id) each_leg
                group by id)
            select c.id, c.chunk_id, p.by_dense, p.by_lexical,
                   %3$s as dense_score,
                   %4$s as lexical_score,
                   -- A scalar: as exists(…) all of the user's documents would be read first.
                   (select true from indexed_documents i
                    where i.generation = c.generation and i.document_id = c.document_id
                      and i.version = c.version and i.attempt = c.attempt and i.state = 'indexed'
                      and i.user_id = :user) as visible
            from proposed p
            join document_chunks c on c.id = p.id and c.generation = %1$d and c.user_id = :user
            """;

    /**
     * What to propose candidates for.
     *
     * @param vector of the query, computed while the lexical leg is read; without one, candidates have no dense score
     * @param terms without any, there is no lexical leg
     * @param candidates of each leg
     */
    record Wanted(
            String user,
            Overview overview,
            SearchFilters filters,
            @Nullable Supplier<float[]> vector,
            WeightedTerms terms,
            DensePlan densePlan,
            Scope scope,
            int candidates) {}

    /** Row ids of the best chunks of the lexical leg, best first. */
    long[] lexical(Wanted wanted) {
        return wanted.terms().isEmpty()
                ? new long[0]
                : sql(lexicalSql(wanted)).params(parameters(wanted)).query(Long.class).list().stream()
                        .mapToLong(Long::longValue)
                        .toArray();
    }

    /** The best chunks of the dense leg and those of the lexical one, with both exact scores, in no order. */
    List<Candidate> candidates(Wanted wanted, long[] lexical) {
        prefer(template, wanted.densePlan());
        Map<String, @Nullable Object> parameters = parameters(wanted);
        parameters.put("lexical", lexical);
        Supplier<float[]> vector = wanted.vector();
        parameters.put("vector", vector == null ? null : new PGvector(vector.get()));
        return sql(candidatesSql(wanted))
                .params(parameters)
                .query((row, number) -> new Candidate(
                        row.getLong("id"),
                        row.getString("chunk_id"),
                        row.getDouble("dense_score"),
                        row.getDouble("lexical_score"),
                        row.getBoolean("by_dense"),
                        row.getBoolean("by_lexical"),
                        row.getBoolean("visible")))
                .list();
    }

    /** The planner takes each user for an average one, and would rather sort an average user's chunks than use HNSW. */
    static void prefer(JdbcTemplate template, DensePlan plan) {
        if (plan == DensePlan.HNSW) {
            template.execute("set local enable_sort = off");
        }
    }

    static Map<String, @Nullable Object> parameters(Wanted wanted) {
        Map<String, @Nullable Object> parameters =
                filterParameters(wanted.user(), wanted.overview().generation(), wanted.filters());
        parameters.put("terms", wanted.terms().ids());
        parameters.put("weights", sparsevec(wanted.terms()));
        return parameters;
    }

    static String lexicalSql(Wanted wanted) {
        return LEXICAL.formatted(wanted.overview().generation(), wanted.scope().condition, wanted.candidates());
    }

    static String candidatesSql(Wanted wanted) {
        int generation = wanted.overview().generation();
        int dimension = wanted.overview().dimension();
        return CANDIDATES.formatted(
                generation,
                wanted.densePlan().sql.formatted(generation, dimension, wanted.scope().condition, wanted.candidates()),
                wanted.vector() == null ? "0::float8" : "-(c.embedding_vector <#> :vector)",
                wanted.terms().isEmpty() ? "0::float8" : "-(c.term_weights <#> :weights)");
    }

    /** What a result shows of a chunk and its document. */
    record Passage(
            UUID documentId,
            String externalId,
            String text,
            @Nullable String title,
            @Nullable String section,
            @Nullable Integer page,
            String sourceType,
            @Nullable String sourceUrl,
            int chunkIndex) {}

    private static final String PASSAGES = """
            select c.id, c.document_id, c.source_id, c.text, i.title, c.section_title, c.page_number,
                   c.source_type, i.source_url, c.chunk_index
            from document_chunks c
            join indexed_documents i on i.generation = c.generation and i.document_id = c.document_id
                 and i.version = c.version and i.attempt = c.attempt and i.user_id = :user
            where c.generation = %1$d and c.user_id = :user and c.id = any(:rows)
            """;

    /** Passages by row id. */
    Map<Long, Passage> passages(String user, int generation, List<Long> rows) {
        Map<Long, Passage> passages = new HashMap<>();
        sql(PASSAGES.formatted(generation))
                .param("user", user)
                .param("rows", rows.stream().mapToLong(Long::longValue).toArray())
                .query(row -> {
                    passages.put(row.getLong("id"), passage(row));
                });
        return passages;
    }

    private static Passage passage(ResultSet row) throws SQLException {
        return new Passage(
                row.getObject("document_id", UUID.class),
                row.getString("source_id"),
                row.getString("text"),
                row.getString("title"),
                row.getString("section_title"),
                row.getObject("page_number", Integer.class),
                row.getString("source_type"),
                row.getString("source_url"),
                row.getInt("chunk_index"));
    }

    private JdbcClient.StatementSpec sql(String sql) {
        return jdbc.sql(rewrite.apply(sql));
    }

    private static Map<String, @Nullable Object> filterParameters(String user, int generation, SearchFilters filters) {
        Map<String, @Nullable Object> parameters = new HashMap<>();
        parameters.put("user", user);
        parameters.put("generation", generation);
        parameters.put("source_types", strings(filters.sourceType()));
        parameters.put("document_ids", strings(filters.documentId()));
        parameters.put("external_ids", strings(filters.externalId()));
        parameters.put(
                "metadata",
                filters.metadata() == null ? null : JsonMapper.shared().writeValueAsString(filters.metadata()));
        parameters.put("created_after", time(filters.createdAfter()));
        parameters.put("created_before", time(filters.createdBefore()));
        return parameters;
    }

    private static String @Nullable [] strings(@Nullable List<?> values) {
        return values == null ? null : values.stream().map(String::valueOf).toArray(String[]::new);
    }

    /** {@link PGsparsevec} counts dimensions from 0; term ids and SQL count from 1. */
    private static PGsparsevec sparsevec(WeightedTerms terms) {
        Map<Integer, Double> fromZero = new HashMap<>();
        terms.weights().forEach((id, weight) -> fromZero.put(id - 1, weight));
        return new PGsparsevec(fromZero, WeightedTerms.DIMENSION);
    }

    private static @Nullable Object time(@Nullable Instant time) {
        if (time == null) {
            return null;
        }
        Instant known = time.isBefore(FIRST_TIME) ? FIRST_TIME : time.isAfter(LAST_TIME) ? LAST_TIME : time;
        return known.atOffset(ZoneOffset.UTC);
    }
}
