package io.knowledgebase.ingest.cutover.legacy;

import java.util.List;
import java.util.Locale;

/** A column of the chat application. */
public record LegacyColumn(String name, Kind kind) {

    /** What its values are in PostgreSQL. */
    public enum Kind {
        ID("bigint", "INTEGER"),
        TEXT("text", "VARCHAR", "TEXT"),
        /** A text that travels sealed. */
        SECRET("text", "TEXT", "VARCHAR"),
        BOOLEAN("boolean", "BOOLEAN"),
        INTEGER("integer", "INTEGER"),
        /** Of UTC, without a zone. */
        TIMESTAMP("timestamp", "DATETIME", "TIMESTAMP");

        private final String type;

        @SuppressWarnings("ImmutableEnumChecker") // it is of List.of
        private final List<String> declarations;

        Kind(String type, String... declarations) {
            this.type = type;
            this.declarations = List.of(declarations);
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
    }
}
