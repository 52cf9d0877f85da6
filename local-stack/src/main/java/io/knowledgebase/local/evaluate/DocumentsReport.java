package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.evaluate.DocumentsRound.Judged;
import io.knowledgebase.local.evaluate.Expectation.Verdict;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A round as tables for a person, and as JSON for a script. */
final class DocumentsReport {

    private static final List<String> OUTCOMES = List.of(
            "indexed",
            "empty",
            "no-text",
            "encrypted",
            "corrupt",
            "bomb",
            "unsupported-type",
            "resource-limit",
            "internal");

    private final DocumentsRound.Result round;

    DocumentsReport(DocumentsRound.Result round) {
        this.round = round;
    }

    void print(Terminal terminal) {
        outcomes(terminal);
        differences(terminal);
        snippets(terminal);
        probes(terminal);
        memory(terminal);
        terminal.line(summary());
    }

    private void outcomes(Terminal terminal) {
        Map<String, Map<String, Integer>> counts = counts();
        Set<String> outcomes = new LinkedHashSet<>(OUTCOMES);
        counts.values().forEach(row -> outcomes.addAll(row.keySet()));
        List<String> headings = new ArrayList<>(List.of("expected"));
        headings.addAll(outcomes);
        terminal.table(
                headings,
                counts.entrySet().stream()
                        .map(row -> {
                            List<String> cells = new ArrayList<>(List.of(row.getKey()));
                            outcomes.forEach(outcome -> cells.add(
                                    row.getValue().getOrDefault(outcome, 0).toString()));
                            return cells;
                        })
                        .toList());
        terminal.line("");
    }

    private void differences(Terminal terminal) {
        List<List<String>> rows = round.documents().stream()
                .filter(document -> document.verdict() != Verdict.AS_EXPECTED)
                .sorted(Comparator.comparing(Judged::verdict).reversed())
                .map(document -> List.of(
                        document.entry().path(),
                        document.verdict().label(),
                        document.entry().expected().label(),
                        document.document().status(),
                        text(document.document().reason()),
                        explanation(document)))
                .toList();
        if (!rows.isEmpty()) {
            terminal.table(List.of("document", "verdict", "expected", "status", "reason", ""), rows);
            terminal.line("");
        }
    }

    private static String explanation(Judged document) {
        List<String> sentences = new ArrayList<>();
        if (document.document().detail() != null) {
            sentences.add(document.document().detail());
        }
        document.document().warnings().forEach(warning -> sentences.add("Warning: " + warning));
        return String.join(" ", sentences).replace('\n', ' ');
    }

    private void snippets(Terminal terminal) {
        List<List<String>> missing = round.snippets().stream()
                .filter(snippet -> snippet.missing() != null)
                .map(snippet -> List.of(snippet.path(), snippet.snippet(), text(snippet.missing())))
                .toList();
        if (!missing.isEmpty()) {
            terminal.table(List.of("document", "missing snippet", ""), missing);
            terminal.line("");
        }
    }

    private void probes(Terminal terminal) {
        Probe.Times idle = round.idle();
        Probe.Times busy = round.busy();
        if (idle == null || busy == null) {
            return;
        }
        terminal.table(
                List.of("small documents", "indexed", "median", "maximum"),
                List.of(
                        probe("on the idle system", idle),
                        probe(
                                "while " + round.terminalBefore() + " to " + round.terminalAfter() + " of "
                                        + round.documents().size() + " were terminal",
                                busy),
                        List.of(
                                "slowdown",
                                "",
                                slowdown(idle.median(), busy.median()),
                                slowdown(idle.maximum(), busy.maximum()))));
        terminal.line("");
    }

    private static List<String> probe(String when, Probe.Times times) {
        return List.of(
                when,
                times.indexed() + "/" + times.uploaded(),
                times.median().map(DocumentsReport::time).orElse("-"),
                times.maximum().map(DocumentsReport::time).orElse("-"));
    }

    private static String slowdown(Optional<Duration> idle, Optional<Duration> busy) {
        return factor(idle, busy)
                .map(factor -> String.format(Locale.ROOT, "%.1f times", factor))
                .orElse("-");
    }

    private static Optional<Double> factor(Optional<Duration> idle, Optional<Duration> busy) {
        return idle.filter(before -> before.toMillis() > 0)
                .flatMap(before -> busy.map(amid -> seconds(amid) / seconds(before)));
    }

    private void memory(Terminal terminal) {
        if (round.memory().isEmpty()) {
            return; // they run elsewhere
        }
        terminal.table(
                List.of("memory", "first quarter", "last quarter", "maximum"),
                round.memory().entrySet().stream()
                        .map(entry -> List.of(
                                entry.getKey().id(),
                                entry.getValue().firstQuarterMebibytes() + " MiB",
                                entry.getValue().lastQuarterMebibytes() + " MiB",
                                entry.getValue().maximumMebibytes() + " MiB"))
                        .toList());
        terminal.line("");
    }

    private String summary() {
        long found = found();
        long byWords = foundByWords();
        return String.format(
                Locale.ROOT,
                "%s: %d of %d documents (%.1f %%) as expected or better; %d of %d snippets found, %d of them in mode"
                        + " lexical; %s",
                round.user(),
                round.goodDocuments(),
                round.documents().size(),
                100 * round.goodShare(),
                found,
                round.snippets().size(),
                byWords,
                time(round.time()));
    }

    private long found() {
        return round.snippets().stream()
                .filter(snippet -> snippet.mode() != null)
                .count();
    }

    private long foundByWords() {
        return round.snippets().stream()
                .filter(snippet -> "lexical".equals(snippet.mode()))
                .count();
    }

    /** Files by outcome, by expectation; only expectations that occur. */
    private Map<String, Map<String, Integer>> counts() {
        Map<String, Map<String, Integer>> counts = new LinkedHashMap<>();
        Arrays.stream(Expectation.values())
                .forEach(expectation -> round.documents().stream()
                        .filter(document -> document.entry().expected() == expectation)
                        .forEach(document -> counts.computeIfAbsent(expectation.label(), any -> new LinkedHashMap<>())
                                .merge(document.outcome(), 1, Integer::sum)));
        return counts;
    }

    Map<String, @Nullable Object> json() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("user", round.user());
        json.put("good", round.good());
        json.put("seconds", seconds(round.time()));
        json.put("documents", round.documents().size());
        json.put("asExpectedOrBetter", round.goodDocuments());
        json.put("share", round.goodShare());
        json.put("outcomes", counts());
        json.put(
                "verdicts",
                round.documents().stream().map(DocumentsReport::json).toList());
        json.put("snippets", round.snippets().size());
        json.put("snippetsFound", found());
        json.put("snippetsFoundByWords", foundByWords());
        json.put(
                "snippetsMissing",
                round.snippets().stream()
                        .filter(snippet -> snippet.missing() != null)
                        .toList());
        json.put("idleProbes", json(round.idle()));
        json.put("busyProbes", json(round.busy()));
        json.put("terminalBeforeProbes", round.terminalBefore());
        json.put("terminalAfterProbes", round.terminalAfter());
        Map<String, Object> memory = new LinkedHashMap<>();
        round.memory().forEach((service, resident) -> memory.put(service.id(), resident));
        json.put("memory", memory);
        return json;
    }

    private static Map<String, @Nullable Object> json(Judged document) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("verdict", document.verdict().label());
        json.put("expected", document.entry().expected().label());
        json.put("document", document.document());
        return json;
    }

    private static @Nullable Map<String, @Nullable Object> json(Probe.@Nullable Times times) {
        if (times == null) {
            return null;
        }
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("uploaded", times.uploaded());
        json.put("indexed", times.indexed());
        json.put("medianSeconds", times.median().map(DocumentsReport::seconds).orElse(null));
        json.put("maximumSeconds", times.maximum().map(DocumentsReport::seconds).orElse(null));
        return json;
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    static String time(Duration time) {
        return String.format(Locale.ROOT, "%.1f s", seconds(time));
    }

    static double seconds(Duration time) {
        return time.toMillis() / 1000.0;
    }
}
