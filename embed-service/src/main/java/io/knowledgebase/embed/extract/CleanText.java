package io.knowledgebase.embed.extract;

/** Makes text storable and searchable: what PostgreSQL refuses goes, white space is folded. */
final class CleanText {

    private CleanText() {}

    /**
     * Folds runs of spaces to one, keeps single line breaks, drops control characters, soft hyphens and zero-width
     * spaces, and puts U+FFFD in place of lone surrogates.
     */
    static String of(CharSequence raw) {
        StringBuilder clean = new StringBuilder(raw.length());
        boolean space = false;
        boolean newline = false;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '\n' || c == '\r' || c == '\u2028' || c == '\u2029' || c == '\f' || c == '\u000B') {
                newline = true;
            } else if (c == ' ' || c == '\t' || c == '\u00A0' || Character.isSpaceChar(c)) {
                space = true;
            } else if (!isInvisible(c)) {
                if (clean.length() > 0 && (newline || space)) {
                    clean.append(newline ? '\n' : ' ');
                }
                newline = false;
                space = false;
                if (Character.isHighSurrogate(c)
                        && i + 1 < raw.length()
                        && Character.isLowSurrogate(raw.charAt(i + 1))) {
                    clean.append(c).append(raw.charAt(++i));
                } else {
                    clean.append(Character.isSurrogate(c) ? '\uFFFD' : c);
                }
            }
        }
        return clean.toString();
    }

    private static boolean isInvisible(char c) {
        return Character.isISOControl(c) || c == '\u00AD' || c == '\u200B' || c == '\uFEFF';
    }
}
