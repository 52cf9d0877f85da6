package io.knowledgebase.local.cutover.demo;

import io.knowledgebase.local.cutover.shadow.Question;
import io.knowledgebase.local.standin.QdrantStandIn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The application's collection in Qdrant, as it fills it: chunks of 1,000 characters that repeat 200 of the one before, each
 * time under new ids. Files belong to nobody; some are there twice, pages in several states, and some points are broken.
 */
final class Knowledge implements AutoCloseable {

    private static final List<String> PLACES = List.of(
            "Aarhus",
            "Bergen",
            "Bologna",
            "Bruges",
            "Cork",
            "Dresden",
            "Évora",
            "Freiburg",
            "Genoa",
            "Ghent",
            "Graz",
            "Kraków",
            "Leiden",
            "Lyon",
            "Malmö",
            "Nantes",
            "Ostrava",
            "Porto",
            "Riga",
            "Seville",
            "Tartu",
            "Turin",
            "Uppsala",
            "Zagreb");
    private static final int CHUNK = 1_000;
    private static final int STEP = 800;
    private static final int SENTENCES = 24;
    private static final int UPLOADED_TWICE = 10;
    private static final int PAGES = 5;
    private static final String UNOWNED_TO = "user-1";

    private final QdrantStandIn qdrant = QdrantStandIn.start(0);
    private final Map<String, Long> notKept = new TreeMap<>();
    private final List<String> firstFile;
    private final Random random;
    private final Chat chat;
    private int documents;
    private int files;

    /**
     * Fills it.
     *
     * @param files that were uploaded, some of them twice
     */
    Knowledge(int files, long seed) {
        random = new Random(seed);
        chat = new Chat(random);
        firstFile = upload("file-0.txt", text(0));
        for (int i = 1; i < files; i++) {
            String text = text(i);
            upload("file-" + i + ".txt", text);
            if (i % UPLOADED_TWICE == 0) {
                left("duplicate", upload("file-" + i + ".txt", text).size());
            }
        }
        this.files = files;
        documents = files;
        for (int i = 0; i < PAGES; i++) {
            UUID page = new UUID(random.nextLong(), random.nextLong());
            left("older-sync", sync(page, i, "2025-01-01T10:00:00.000Z").size());
            sync(page, i, "2025-06-01T10:00:00.000Z");
            documents++;
        }
        odd("no-payload", null);
        odd("no-text", "{\"source_type\": \"upload\", \"chunk_id\": 0, \"metadata\": {\"source\": \"empty.txt\"}}");
        odd("unknown-source-type", "{\"text\": \"Of a crawler.\", \"source_type\": \"web\", \"chunk_id\": 0}");
        odd(
                "no-chunk-id",
                "{\"text\": \"Of an old release.\", \"source_type\": \"upload\", \"metadata\": {\"source\": \"a\"}}");
    }

    /** How it is reached, with somebody who gets what belongs to nobody. */
    Map<String, String> source() {
        return Map.of("url", qdrant.uri().toString(), "collection", qdrant.collection(), "unownedTo", UNOWNED_TO);
    }

    /** Removes a file and uploads another one, as people do meanwhile. */
    void change(String name) {
        firstFile.forEach(qdrant::remove);
        documents -= firstFile.isEmpty() ? 0 : 1;
        firstFile.clear();
        upload(name, text(files++));
        documents++;
    }

    /** What the one asks who gets what belongs to nobody. */
    List<Question> questions(int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> new Question(UNOWNED_TO, "In " + place(i) + ": " + chat.question()))
                .toList();
    }

    long points() {
        return qdrant.ids().size();
    }

    /** Documents that have to come of it. */
    long documents() {
        return documents;
    }

    /** Points that are in none of them, by the reason. */
    Map<String, Long> notKept() {
        return notKept;
    }

    /** What holds in one place. */
    private String text(int number) {
        StringBuilder text = new StringBuilder("What holds in " + place(number) + "\n");
        for (int i = 1; i <= SENTENCES; i++) {
            text.append(i)
                    .append(". In ")
                    .append(place(number))
                    .append(": ")
                    .append(chat.answer())
                    .append('\n');
        }
        return text.toString();
    }

    private static String place(int number) {
        String place = PLACES.get(number % PLACES.size());
        return number < PLACES.size() ? place : place + " " + (number / PLACES.size() + 1);
    }

    private List<String> upload(String file, String text) {
        return put(text, "upload", metadata().put("source", file).put("file_type", "txt"));
    }

    private List<String> sync(UUID page, int user, String edited) {
        return put(
                text(files++),
                "notion",
                metadata()
                        .put("page_id", page.toString())
                        .put("title", "Page " + user)
                        .put("last_edited_time", edited)
                        .put("user_id", "user-" + (user + 1)));
    }

    private static ObjectNode metadata() {
        return JsonMapper.shared().createObjectNode();
    }

    private List<String> put(String text, String sourceType, ObjectNode metadata) {
        List<String> ids = new ArrayList<>();
        int[] characters = text.codePoints().toArray();
        for (int from = 0; from < characters.length; from += STEP) {
            ObjectNode payload = metadata()
                    .put("text", new String(characters, from, Math.min(CHUNK, characters.length - from)))
                    .put("chunk_id", from / STEP)
                    .put("source_type", sourceType);
            payload.set("metadata", metadata);
            ids.add(put(payload.toString()));
        }
        return ids;
    }

    private void odd(String reason, @Nullable String payload) {
        put(payload);
        left(reason, 1);
    }

    private String put(@Nullable String payload) {
        String id = new UUID(random.nextLong(), random.nextLong()).toString();
        qdrant.put(id, payload == null ? null : JsonMapper.shared().readTree(payload));
        return id;
    }

    private void left(String reason, long points) {
        notKept.merge(reason, points, Long::sum);
    }

    @Override
    public void close() {
        qdrant.close();
    }
}
