package io.knowledgebase.local.cutover.shadow;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.cutover.Cutover;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.Progress;
import io.knowledgebase.local.terminal.Terminal;
import io.knowledgebase.vectorizer.DenseVectorizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Asks both searches. The old one's own vectors cannot be asked, because nobody can make that of a question any more; its
 * answer is what an exact scan finds among the vectors of its texts.
 */
public final class Shadow {

    private static final int TEXTS_OF_A_PAGE = 1_000;

    private final Home home;
    private final Cutover cutover;
    private final Terminal terminal;

    public Shadow(Home home, Cutover cutover, Terminal terminal) {
        this.home = home;
        this.cutover = cutover;
        this.terminal = terminal;
    }

    /**
     * How much both answers have in common.
     *
     * @param chunks of Qdrant that were looked at
     * @param documents mean of what of the old answer's documents the new one has, 0 to 1
     * @param passages mean of what of its passages the new one has, 0 to 1
     */
    public record Result(int chunks, double documents, double passages, List<Comparison> comparisons) {}

    /** The last questions that users have asked who have documents from Qdrant. */
    public List<Question> lastQuestions(int limit) {
        List<Question> questions = new ArrayList<>();
        for (JsonNode one : cutover.questions(limit)) {
            questions.add(new Question(
                    one.path("userId").asString(""), one.path("text").asString("")));
        }
        return questions;
    }

    /** Asks them all. */
    public Result ask(List<Question> questions, int k) {
        Map<String, List<Question>> byUser =
                questions.stream().collect(Collectors.groupingBy(Question::user, TreeMap::new, Collectors.toList()));
        List<Comparison> comparisons = new ArrayList<>();
        int chunks = 0;
        try (DenseVectorizer vectorizer = DenseVectorizer.miniLm();
                Progress progress = Progress.at(terminal, "asking", "questions")) {
            for (Map.Entry<String, List<Question>> asked : byUser.entrySet()) {
                LegacyChunks old = LegacyChunks.of(chunks(asked.getKey()), vectorizer);
                if (old.size() == 0) {
                    throw CommandFailedException.usage(
                            asked.getKey() + " has no texts of Qdrant's", "leave that user's questions out");
                }
                chunks += old.size();
                ServiceClient search = new ServiceClient(home, Service.SEARCH, asked.getKey(), List.of());
                for (Question question : asked.getValue()) {
                    comparisons.add(new Comparison(
                            question, old.nearest(question.text(), k), search(search, question.text(), k)));
                    progress.show(comparisons.size(), questions.size(), "");
                }
            }
        }
        return new Result(
                chunks,
                comparisons.stream()
                        .mapToDouble(Comparison::documents)
                        .average()
                        .orElse(1),
                comparisons.stream().mapToDouble(Comparison::passages).average().orElse(1),
                comparisons);
    }

    private List<Passage> chunks(String user) {
        List<Passage> chunks = new ArrayList<>();
        JsonNode page = cutover.texts(user, "", TEXTS_OF_A_PAGE);
        while (!page.isEmpty()) {
            for (JsonNode one : page) {
                chunks.add(passage(one, "source"));
            }
            page = cutover.texts(user, page.get(page.size() - 1).path("pointId").asString(""), TEXTS_OF_A_PAGE);
        }
        return chunks;
    }

    private static List<Passage> search(ServiceClient search, String question, int k) {
        return search.postJson("/v1/search", Map.of("query", question, "topK", k)).path("results").values().stream()
                .map(one -> passage(one, "externalId"))
                .toList();
    }

    private static Passage passage(JsonNode one, String source) {
        return new Passage(
                one.path("documentId").asString(""),
                one.path(source).asString(""),
                one.path("text").asString(""));
    }
}
