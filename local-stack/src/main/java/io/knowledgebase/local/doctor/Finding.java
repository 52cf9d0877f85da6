package io.knowledgebase.local.doctor;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a check.
 *
 * @param detail what was found
 * @param mend what to do about it; null if all is well
 */
record Finding(
        Level level, String check, String detail, @Nullable String mend) {

    /** How bad it is. */
    enum Level {
        OK,
        WARN,
        FAIL
    }

    static Finding ok(String check, String detail) {
        return new Finding(Level.OK, check, detail, null);
    }

    static Finding warn(String check, String detail, String mend) {
        return new Finding(Level.WARN, check, detail, mend);
    }

    static Finding fail(String check, String detail, String mend) {
        return new Finding(Level.FAIL, check, detail, mend);
    }
}
