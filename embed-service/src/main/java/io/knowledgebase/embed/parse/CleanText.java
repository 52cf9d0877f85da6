package io.knowledgebase.embed.parse;

import com.ibm.icu.text.Normalizer2;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes text storable and searchable: what PostgreSQL refuses goes, white space is folded, ligatures are letters. */
final class CleanText {

    private static final Normalizer2 COMPATIBLE = Normalizer2.getNFKCInstance();
    /** A word that goes on in the next line; one that begins with a capital is a name with a hyphen. */
    private static final Pattern HYPHENATED = Pattern.compile("(?<=\\p{L}{2})[-\u2010] ?\\n(?=\\p{Ll}{2})");

    private CleanText() {}

    /**
     * Folds runs of spaces to one, keeps single line breaks, drops control characters, soft hyphens and zero-width
     * spaces, spells ligatures and Arabic presentation forms out, and puts U+FFFD in place of lone surrogates.
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
                } else if (isPresentationForm(c)) {
                    clean.append(COMPATIBLE.normalize(String.valueOf(c)).strip());
                } else {
                    clean.append(Character.isSurrogate(c) ? '\uFFFD' : c);
                }
            }
        }
        return clean.toString();
    }

    /** One clean line of at most so many characters; empty if there is nothing in it. */
    static String line(@Nullable CharSequence raw, int maxCharacters) {
        String text = raw == null ? "" : of(raw).replace('\n', ' ');
        return text.length() <= maxCharacters
                ? text
                : text.substring(0, text.offsetByCodePoints(0, text.codePointCount(0, maxCharacters)));
    }

    /** Joins words that a typesetter cut at the end of a line. */
    static String withoutHyphenation(String text) {
        return text.indexOf('\n') < 0 ? text : HYPHENATED.matcher(text).replaceAll("");
    }

    private static boolean isInvisible(char c) {
        return Character.isISOControl(c) || c == '\u00AD' || c == '\u200B' || c == '\uFEFF';
    }

    /** Latin ligatures, and Arabic letters as a font has them; not the ornate parentheses between. */
    private static boolean isPresentationForm(char c) {
        return (c >= '\uFB00' && c <= '\uFB06')
                || (c >= '\uFB50' && c <= '\uFDFB' && c != '\uFD3E' && c != '\uFD3F')
                || (c >= '\uFE70' && c <= '\uFEFC');
    }
}
