package io.knowledgebase.local.notion;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page's id as people copy it: with dashes or without, or at the end of the page's link. */
final class PageId {

    private static final String FORM = "\\p{XDigit}{32}|\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12}";
    private static final Pattern ID = Pattern.compile(FORM);
    private static final Pattern LINK = Pattern.compile("https?://[^?#]*?[/-](" + FORM + ")/?([?#].*)?");
    /** Of a row that is shown beside its table: the path has the table's id. */
    private static final Pattern LINK_OF_ROW = Pattern.compile("https?://[^#]*[?&]p=(\\p{XDigit}{32})([&#].*)?");

    private PageId() {}

    static UUID of(String text) {
        String id = inside(LINK, inside(LINK_OF_ROW, text.strip()));
        if (!ID.matcher(id).matches()) {
            throw CommandFailedException.usage(
                    text + " is neither the id nor the link of a page", "copy the page's link at Notion");
        }
        String digits = id.replace("-", "");
        return new UUID(Long.parseUnsignedLong(digits, 0, 16, 16), Long.parseUnsignedLong(digits, 16, 32, 16));
    }

    private static String inside(Pattern link, String text) {
        Matcher found = link.matcher(text);
        return found.matches() ? found.group(1) : text;
    }
}
