package io.knowledgebase.embed.parse;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Headers and footers of pages: lines at the top or the bottom that stand there on page after page, with numbers that
 * stay or grow with the pages. They are kept on the first pages and left out from then on.
 */
final class RunningLines {

    private static final int LINES_AT_EACH_END = 2;
    /** A title may well stand on a few slides in a row. */
    private static final int PAGES_KEPT = 3;
    /** Left and right pages have their own. */
    private static final int LONGEST_STEP = 2;

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    /** By the line without its numbers. */
    private final Map<String, Run> runs = new HashMap<>();

    /**
     * A line that was met on pages in a row.
     *
     * @param lastPage the last one of these
     * @param numbers in it, as they were there
     */
    private record Run(int pages, int lastPage, List<Integer> numbers) {

        boolean goesOn(int page, List<Integer> next) {
            int step = page - lastPage;
            return step <= LONGEST_STEP
                    && IntStream.range(0, numbers.size())
                            .map(i -> next.get(i) - numbers.get(i))
                            .allMatch(growth -> growth == 0 || growth == step);
        }
    }

    /** The text of the next page without the lines that were on those before it. */
    String without(int page, String text) {
        runs.values().removeIf(run -> page - run.lastPage() > LONGEST_STEP);
        List<String> lines = new ArrayList<>(text.lines().toList());
        List<Integer> filled = IntStream.range(0, lines.size())
                .filter(i -> !lines.get(i).isBlank())
                .boxed()
                .toList();
        for (int i = 0; i < filled.size(); i++) {
            if (i < LINES_AT_EACH_END || i >= filled.size() - LINES_AT_EACH_END) {
                int line = filled.get(i);
                if (isRunning(page, lines.get(line).strip())) {
                    lines.set(line, "");
                }
            }
        }
        return String.join("\n", lines);
    }

    private boolean isRunning(int page, String line) {
        List<Integer> numbers = NUMBER.matcher(line)
                .results()
                .map(number -> Integer.parseInt(number.group()))
                .collect(Collectors.toList());
        Run run = runs.merge(
                NUMBER.matcher(line).replaceAll("0"),
                new Run(1, page, numbers),
                (before, first) -> before.goesOn(page, numbers)
                        ? new Run(before.pages() + Math.min(1, page - before.lastPage()), page, numbers)
                        : first);
        return run.pages() > PAGES_KEPT;
    }
}
