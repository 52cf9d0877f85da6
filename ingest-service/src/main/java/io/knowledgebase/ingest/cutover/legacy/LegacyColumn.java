package io.knowledgebase.ingest.cutover.legacy;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A column that is moved, with the same name on both sides.
 *
 * @param name in lower case
 */
public record LegacyColumn(String name, Kind kind) {

    /** The primary key of every table. */
    static final LegacyColumn ID = new LegacyColumn("id", Kind.ID);

    /** Its name in SQL, of both sides. */
    public String sql() {
        return quoted(name);
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** What its values are in PostgreSQL. */
    public enum Kind {
        ID(null, "bigint", "INTEGER"),
        TEXT("text", "text", "VARCHAR", "TEXT"),
        /** A text that travels sealed. */
        SECRET("secret", "text", "TEXT", "VARCHAR"),
        BOOLEAN("boolean", "boolean", "BOOLEAN"),
        /** Of 32 bits. */
        INTEGER("integer", "integer", "INTEGER"),
        /** Of 64 bits. */
        BIGINT("bigint", "bigint", "INTEGER"),
        DOUBLE("double precision", "double precision", "REAL"),
        /** Of UTC, without a zone. */
        TIMESTAMP("timestamp", "timestamp", "DATETIME", "TIMESTAMP"),
        BYTES("bytea", "bytea", "BLOB");

        private final @Nullable String mapped;
        private final String type;

        @SuppressWarnings("ImmutableEnumChecker") // it is of List.of
        private final List<String> declarations;

        Kind(@Nullable String mapped, String type, String... declarations) {
            this.mapped = mapped;
            this.type = type;
            this.declarations = List.of(declarations);
        }

        /** The kind that takes the most of what a column of a declared type is likely to hold. */
        static Kind ofDeclaration(String declaration) {
            String type = declaration.toUpperCase(Locale.ROOT);
            if (type.contains("INT")) {
                return BIGINT;
            }
            if (type.contains("BOOL")) {
                return BOOLEAN;
            }
            if (type.contains("DATETIME") || type.contains("TIMESTAMP")) {
                return TIMESTAMP;
            }
            if (type.contains("BLOB")) {
                return BYTES;
            }
            return Stream.of("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL").anyMatch(type::contains) ? DOUBLE : TEXT;
        }

        /** Whether the application declares it so in SQLite; a length in brackets says nothing there. */
        public boolean isDeclaredAs(String declaration) {
            return declarations.contains(
                    declaration.replaceFirst("\\(.*", "").strip().toUpperCase(Locale.ROOT));
        }

        /** How the application declares it in SQLite. */
        public String declared() {
            return declarations.get(0);
        }

        /** PostgreSQL's name of it. */
        public String type() {
            return type;
        }

        /** What a mapping calls it; empty if it can be in none. */
        Optional<String> mapped() {
            return Optional.ofNullable(mapped);
        }
    }
}
