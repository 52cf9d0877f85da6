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

    /** Rows that are too large to be hashed whole: their keys, and for contents how long they are. */
    private static final Map<String, String> KEYS = Map.of(
            "document_content_parts",
            "row(t.content_sha256, t.part, octet_length(t.data))",
            "document_chunks",
            "row(t.generation, t.document_id, t.version, t.attempt, t.chunk_index, t.text_hash)");

    /** Of every table but partitions, by name. */
    static Map<String, TableDigest> ofTables(Connection connection) throws SQLException {
        Map<String, TableDigest> digests = new TreeMap<>();
        try (Statement statement = connection.createStatement()) {
            for (String table : tables(statement)) {
                String row = KEYS.getOrDefault(table, "t.*");
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
