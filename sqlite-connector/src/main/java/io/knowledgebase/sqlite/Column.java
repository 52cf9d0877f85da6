package io.knowledgebase.sqlite;

import java.util.Locale;

/**
 * A column as its table declares it. SQLite stores any value in any column, whatever is declared.
 *
 * @param keyPosition its place in the primary key from 1 on; 0 if it is not part of it
 */
record Column(String name, String declaredType, int keyPosition) {

    /** SQLite's rules for what a declared type prefers, in their order. */
    Affinity affinity() {
        String type = declaredType.toUpperCase(Locale.ROOT);
        if (type.contains("INT")) {
            return Affinity.INTEGER;
        }
        if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
            return Affinity.TEXT;
        }
        if (type.isEmpty() || type.contains("BLOB")) {
            return Affinity.BLOB;
        }
        if (type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")) {
            return Affinity.REAL;
        }
        return type.startsWith("BOOL")
                ? Affinity.INTEGER
                : type.startsWith("DATE") || type.startsWith("TIME") ? Affinity.TEXT : Affinity.NUMERIC;
    }

    /** What a column's values are told as. */
    enum Affinity {
        INTEGER,
        TEXT,
        BLOB,
        REAL,
        NUMERIC
    }

    String quoted() {
        return Sql.identifier(name);
    }
}
