package io.knowledgebase.ingest.cutover.legacy;

/** A column of the chat application. */
public record LegacyColumn(String name, Kind kind) {

    /** What its values are in PostgreSQL. */
    public enum Kind {
        ID("bigint"),
        TEXT("text"),
        /** A text that travels sealed. */
        SECRET("text"),
        BOOLEAN("boolean"),
        INTEGER("integer"),
        /** Of UTC, without a zone. */
        TIMESTAMP("timestamp");

        private final String type;

        Kind(String type) {
            this.type = type;
        }

        /** PostgreSQL's name of it. */
        public String type() {
            return type;
        }
    }
}
