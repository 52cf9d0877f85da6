package io.knowledgebase.ingest.cutover.legacy;

/** A value that PostgreSQL has no place for. */
public final class MisfitException extends Exception {

    private static final long serialVersionUID = 1;

    private final Reason reason;
    private final String column;

    /** Why a row is in quarantine. */
    public enum Reason {
        /** Neither null nor 0 nor 1. */
        NOT_BOOLEAN("not-boolean"),
        /** No whole number, or none of as many bits as its column has. */
        NOT_INTEGER("not-integer"),
        /** No number that a double can be. */
        NOT_NUMBER("not-number"),
        /** Something else where bytes belong. */
        NOT_BYTES("not-bytes"),
        /** No time in any of the forms that the application has ever written, or not of this calendar. */
        ODD_DATE("odd-date"),
        /** Bytes where text belongs. */
        BLOB("blob"),
        /** An id that rows born in PostgreSQL have, or a negative one. */
        ID_OUT_OF_RANGE("id-out-of-range"),
        /** More than an event takes: see {@link EventSize}. */
        TOO_LARGE("too-large"),
        /** Another row has the value of a unique column. */
        DUPLICATE("duplicate"),
        /** PostgreSQL said no, for whatever reason. */
        REFUSED("refused");

        private final String code;

        Reason(String code) {
            this.code = code;
        }

        public String code() {
            return code;
        }
    }

    /**
     * A misfit.
     *
     * @param what kind of value it is; never the value
     */
    MisfitException(Reason reason, String column, String what) {
        super(column + " is " + what);
        this.reason = reason;
        this.column = column;
    }

    public String column() {
        return column;
    }

    public Reason reason() {
        return reason;
    }
}
