package io.knowledgebase.local.evaluate;

import java.util.Arrays;
import java.util.Optional;

/** What a manifest says should become of a file. */
enum Expectation {
    TEXT("text"),
    EMPTY("empty"),
    ENCRYPTED("error-encrypted"),
    CORRUPT("error-corrupt"),
    BOMB("error-bomb"),
    RESOURCE("error-resource");

    enum Verdict {
        AS_EXPECTED("as expected"),
        BETTER("better"),
        DIFFERENT("different");

        private final String label;

        Verdict(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    private final String label;

    Expectation(String label) {
        this.label = label;
    }

    /** As manifests write it. */
    String label() {
        return label;
    }

    static Optional<Expectation> of(String label) {
        return Arrays.stream(values())
                .filter(expectation -> expectation.label.equals(label))
                .findFirst();
    }

    /**
     * Judges an outcome.
     *
     * @param outcome indexed, or the reason of the failure
     * @param warned whether the document carries a warning
     */
    Verdict judge(String outcome, boolean warned) {
        if (isMetBy(outcome)) {
            return Verdict.AS_EXPECTED;
        }
        return isExceededBy(outcome, warned) ? Verdict.BETTER : Verdict.DIFFERENT;
    }

    private boolean isMetBy(String outcome) {
        return switch (this) {
            case TEXT -> outcome.equals("indexed");
            case EMPTY -> outcome.equals("empty") || outcome.equals("no-text") || outcome.equals("unsupported-type");
            case ENCRYPTED -> outcome.equals("encrypted");
            case CORRUPT -> outcome.equals("corrupt");
            case BOMB -> outcome.equals("bomb");
            case RESOURCE -> outcome.equals("resource-limit");
        };
    }

    private boolean isExceededBy(String outcome, boolean warned) {
        boolean indexed = outcome.equals("indexed");
        return switch (this) {
            case EMPTY, RESOURCE -> indexed;
            // What was saved of a damaged file is worth something to a person who knows that it is not all.
            case CORRUPT ->
                (indexed && warned) || outcome.equals("unsupported-type") || outcome.equals("resource-limit");
            case TEXT, ENCRYPTED, BOMB -> false;
        };
    }
}
