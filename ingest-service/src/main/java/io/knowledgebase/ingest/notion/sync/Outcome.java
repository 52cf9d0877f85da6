package io.knowledgebase.ingest.notion.sync;

/** What became of a page that was looked at. */
enum Outcome {
    CHANGED(true),
    UNCHANGED(true),
    DELETED(false),
    /** It is not there, and was not known either. */
    ABSENT(false),
    /** It is known, but not found now: whether it is gone, a listing will tell. */
    OUT_OF_SIGHT(false),
    FAILED(false);

    private final boolean fetched;

    Outcome(boolean fetched) {
        this.fetched = fetched;
    }

    /** Whether its text was read. */
    boolean isFetched() {
        return fetched;
    }
}
