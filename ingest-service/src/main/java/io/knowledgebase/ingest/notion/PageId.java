package io.knowledgebase.ingest.notion;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** What a page's document is known by, whoever has read the page. */
public record PageId(UUID id) {

    public static final String SOURCE_TYPE = "notion";

    private static final Pattern DIGITS = Pattern.compile(
            "([0-9a-fA-F]{8})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{12})");

    /** A page's id as people and programs write it, with dashes or without; empty if it is none. */
    public static Optional<PageId> parse(String text) {
        var digits = DIGITS.matcher(text);
        return digits.matches()
                ? Optional.of(new PageId(UUID.fromString(digits.replaceFirst("$1-$2-$3-$4-$5"))))
                : Optional.empty();
    }

    /** The document's name in its source. */
    public String sourceId() {
        return id.toString();
    }
}
