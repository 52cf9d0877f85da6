package io.knowledgebase.embed.chunk;

import java.util.ArrayList;
import java.util.List;

/** The headings that a passage stands under, outermost first. */
final class HeadingPath {

    private final List<String> outer;
    private final List<Integer> levels = new ArrayList<>();
    private List<String> texts;

    HeadingPath() {
        this.outer = List.of();
        this.texts = outer;
    }

    /** The path in a part, whose own headings begin anew. */
    HeadingPath(List<String> outside, String part) {
        List<String> path = new ArrayList<>(outside);
        path.add(part);
        this.outer = List.copyOf(path);
        this.texts = outer;
    }

    /** Leaves what is as deep as the heading or deeper, and goes below it. */
    void enter(int level, String heading) {
        while (!levels.isEmpty() && levels.get(levels.size() - 1) >= level) {
            levels.remove(levels.size() - 1);
        }
        List<String> path = new ArrayList<>(texts.subList(0, outer.size() + levels.size()));
        path.add(heading);
        levels.add(level);
        texts = List.copyOf(path);
    }

    /** What the part itself stands under, its own name included; empty for the document. */
    List<String> outer() {
        return outer;
    }

    /** The same list until the next heading. */
    List<String> texts() {
        return texts;
    }
}
