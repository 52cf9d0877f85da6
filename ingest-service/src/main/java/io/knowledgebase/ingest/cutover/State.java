package io.knowledgebase.ingest.cutover;

import java.util.Arrays;

/** How far the move is. */
enum State {
    /** Nothing happens. */
    IDLE("idle", false),
    /** The rows of the file are being read; changes are captured. */
    SNAPSHOTTING("snapshotting", true),
    /** All rows are here and changes follow. */
    STREAMING("streaming", true),
    /** As streaming, and both sides were found equal. */
    VERIFIED("verified", true),
    /** PostgreSQL is the one that is written to. */
    CUT_OVER("cut-over", false),
    /** SQLite is it again. */
    ROLLED_BACK("rolled-back", false),
    /** There is no way back any more. */
    CLOSED("closed", false);

    private final String code;
    private final boolean captures;

    State(String code, boolean captures) {
        this.code = code;
        this.captures = captures;
    }

    String code() {
        return code;
    }

    /** Whether changes of the file are taken over. */
    boolean captures() {
        return captures;
    }

    static State ofCode(String code) {
        return Arrays.stream(values())
                .filter(state -> state.code.equals(code))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no state " + code));
    }
}
