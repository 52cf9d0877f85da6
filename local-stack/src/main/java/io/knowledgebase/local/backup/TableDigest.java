package io.knowledgebase.local.backup;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a table holds.
 *
 * @param digest the sum of all rows' hashes, so that their order does not matter
 */
record TableDigest(long rows, String digest) {

    /** Rows that are too large to be written out: their keys, and digests of what is long in them. */
    private static final Map<String, String> ROWS = Map.of(
            "document_content_parts",
            "row(t.content_sha256, t.part, sha256(t.data))",
            "document_chunks",
            "row(t.id, t.chunk_id, t.user_id, t.metadata, t.source_type, t.source_id, t.source_url, t.chunk_index,"
                    + " t.created_at, t.updated_at, t.generation, t.document_id, t.version, t.attempt, t.section_title,"
                    + " t.page_number, t.token_count, t.text_hash, t.terms, md5(t.text),"
                    + " sha256(vector_send(t.embedding_vector)), sha256(sparsevec_send(t.term_weights)))");

    /** What a row looks like as text depends on the session. */
    private static final String SAME_TEXT =
            "set timezone = 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex'; set extra_float_digits = 1";

    /** Of every table but partitions, by name. */
    static Map<String, TableDigest> ofTables(Connection connection) throws SQLException {
        Map<String, TableDigest> digests = new TreeMap<>();
        try (Statement statement = connection.createStatement()) {
            statement.execute(SAME_TEXT);
            for (String table : tables(statement)) {
                String row = ROWS.getOrDefault(table, "t.*");
                try (ResultSet result = statement.executeQuery("select count(*), coalesce(sum(hashtextextended(cast("
                        + row + " as text), 0)), 0) from " + statement.enquoteIdentifier(table, true) + " t")) {
                    result.next();
                    digests.put(table, new TableDigest(result.getLong(1), result.getString(2)));
                }
            }
        }
        return digests;
    }

    private static List<String> tables(Statement statement) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (ResultSet result = statement.executeQuery("""
                select relname from pg_class
                where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
                order by relname
                """)) {
            while (result.next()) {
                tables.add(result.getString(1));
            }
        }
        return tables;
    }
}
