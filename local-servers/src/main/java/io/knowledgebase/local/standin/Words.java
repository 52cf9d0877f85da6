package io.knowledgebase.local.standin;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** The words of texts, to compare what a page says with what was made of it. */
public final class Words {

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");
    /** What Markdown has beside the words: where links lead, languages of code, numbers of items. */
    private static final Pattern MARKS =
            Pattern.compile("\\]\\([^)]*\\)|(?m:^[\\s>-]*`{3,}\\S*)|(?m:^[\\s>]*\\d+[.)] )|\\[[x ]\\] ");

    private Words() {}

    /** The words of Markdown, without where its links lead. */
    public static List<String> ofMarkdown(String markdown) {
        return split(MARKS.matcher(markdown).replaceAll(" "));
    }

    static List<String> of(Workspace workspace, Node page) {
        StringBuilder text = new StringBuilder();
        if (page.parent != null && page.parent.isDatabase()) {
            page.properties.forEach((name, value) -> {
                if (!value.isBlank()) {
                    text.append(name).append(' ').append(value).append(' ');
                }
            });
        }
        Set<Block> within = new HashSet<>();
        page.blocks.forEach(block -> append(text, block, within));
        for (Node child : page.children) {
            if (!child.inTrash && child.shared) {
                text.append(child.title).append(' ');
            }
        }
        if (!page.comments.isEmpty()) {
            text.append("Comments ");
            page.comments.forEach(comment -> text.append("Ada ").append(comment).append(' '));
        }
        List<String> words = split(text.toString());
        return words.isEmpty() ? split(page.title) : words;
    }

    /** A block that holds itself ends where it would begin again. */
    private static void append(StringBuilder text, Block block, Set<Block> within) {
        JsonNode value = block.value;
        append(text, value.path("rich_text"));
        append(text, value.path("caption"));
        if ("file".equals(block.type)) {
            text.append(value.path("name").asString("")).append(' ');
        }
        text.append(value.path("expression").asString("")).append(' ');
        for (JsonNode cell : value.path("cells")) {
            append(text, cell);
        }
        Block shown = block.original == null ? block : block.original;
        if (within.add(shown)) {
            shown.children.forEach(child -> append(text, child, within));
            within.remove(shown);
        }
    }

    private static void append(StringBuilder text, JsonNode runs) {
        for (JsonNode run : runs) {
            text.append(run.path("plain_text").asString("")).append(' ');
        }
    }

    private static List<String> split(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }
}
