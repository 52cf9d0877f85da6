package io.knowledgebase.ingest.document;

import static io.knowledgebase.ingest.IngestService.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.schemas.event.DocumentDeleted;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DocumentIT {

    private static IngestService service;

    @BeforeAll
    static void start() {
        service = IngestService.start(
                "document",
                "kb.document.watch-interval=50ms",
                "kb.document.watch-limit=3",
                "kb.document.heartbeat=100ms",
                "kb.document.downloads=1");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void documentTellsWhatBecameOfIt() {
        UUID id = service.upload("ann", "a.txt", "text", "externalId", "x/a", "title", "A")
                .is(202)
                .documentId();

        JsonNode accepted = service.get("ann", "/v1/documents/" + id).is(200).json();
        assertThat(accepted.get("status").stringValue()).isEqualTo("accepted");
        assertThat(accepted.get("externalId").stringValue()).isEqualTo("x/a");
        assertThat(accepted.get("fileName").stringValue()).isEqualTo("a.txt");
        assertThat(accepted.get("sourceType").stringValue()).isEqualTo("upload");
        assertThat(accepted.get("contentBytes").longValue()).isEqualTo(4);
        assertThat(accepted.get("contentType").stringValue()).isEqualTo("text/plain");
        assertThat(accepted.get("reason").isNull()).isTrue();
        assertThat(accepted.get("updatedAt")).isEqualTo(accepted.get("createdAt"));

        service.fail(id, "no-text");
        JsonNode failed = service.get("ann", "/v1/documents/" + id).json();
        assertThat(failed.get("status").stringValue()).isEqualTo("failed");
        assertThat(failed.get("reason").stringValue()).isEqualTo("no-text");

        service.index(id);
        JsonNode indexed = service.get("ann", "/v1/documents/" + id).json();
        assertThat(indexed.get("status").stringValue()).isEqualTo("indexed");
        assertThat(indexed.get("chunks").intValue()).isEqualTo(1);
        assertThat(indexed.get("indexedAt").isNull()).isFalse();

        service.upload("ann", "a.txt", "newer", "externalId", "x/a").is(202);
        assertThat(service.get("ann", "/v1/documents/" + id)
                        .json()
                        .get("status")
                        .stringValue())
                .as("what is known of the old version says nothing of the new one")
                .isEqualTo("accepted");
    }

    @Test
    void progressIsShownWhilePartsAreBeingIndexed() {
        UUID id = service.upload("ann", "long.txt", "long").is(202).documentId();
        service.jdbc()
                .sql("insert into staged_documents values (1, :id, 1, 1, 250, 5000)")
                .param("id", id)
                .update();

        JsonNode progress = service.get("ann", "/v1/documents/" + id).json().get("progress");
        assertThat(progress.get("stagedChunks").intValue()).isEqualTo(250);
        assertThat(progress.get("chunks").intValue()).isEqualTo(5000);
    }

    @Test
    void pagesShowEveryDocumentOnceWhileOthersArrive() {
        IntStream.range(0, 25).forEach(i -> service.upload("bob", "f" + i, "x").is(202));
        List<String> seen = new ArrayList<>();
        String next = "";
        do {
            JsonNode page =
                    service.get("bob", "/v1/documents?limit=10" + next).is(200).json();
            page.get("documents")
                    .forEach(document -> seen.add(document.get("externalId").stringValue()));
            service.upload("bob", "late" + seen.size(), "x").is(202);
            next = page.get("next").isNull()
                    ? null
                    : "&after=" + page.get("next").stringValue();
        } while (next != null);

        assertThat(seen).hasSize(25).doesNotHaveDuplicates().startsWith("f24").endsWith("f0");
    }

    @Test
    void listIsFiltered() {
        UUID failed = service.upload("cat", "Übersicht.pdf", "1", "title", "Über uns")
                .is(202)
                .documentId();
        UUID indexed = service.upload("cat", "b_100%", "2").is(202).documentId();
        service.upload("cat", "waiting", "3").is(202);
        service.fail(failed, "encrypted");
        service.index(indexed);

        assertThat(ids("cat", "?status=failed")).containsExactly(failed);
        assertThat(ids("cat", "?status=failed&status=indexed")).containsExactly(indexed, failed);
        assertThat(ids("cat", "?status=failed,indexed")).containsExactly(indexed, failed);
        assertThat(ids("cat", "?q=%C3%BCBER")).containsExactly(failed);
        assertThat(ids("cat", "?q=_100%25")).containsExactly(indexed);
        assertThat(ids("cat", "?q=%00")).isEmpty();
        assertThat(ids("cat", "?sourceType=notion")).isEmpty();
        assertThat(ids("cat", "?sourceType=upload")).hasSize(3);
        assertThat(service.get("cat", "/v1/documents/summary").json().toString())
                .isEqualTo("{\"accepted\":1,\"indexed\":1,\"failed\":1,\"deleted\":0}");
    }

    @Test
    void malformedFiltersAreNamed() {
        service.get("dan", "/v1/documents?limit=0").isBad("limit");
        service.get("dan", "/v1/documents?limit=501").isBad("limit");
        service.get("dan", "/v1/documents?limit=x").isBad("limit");
        service.get("dan", "/v1/documents?status=lost").isBad("status");
        service.get("dan", "/v1/documents?after=nonsense").isBad("after");
        service.get("dan", "/v1/documents?after=" + "_".repeat(32)).isBad("after");
        service.get("dan", "/v1/documents?colour=red").isBad("colour");
        service.get("dan", "/v1/documents/not-a-uuid").isBad("documentId");
    }

    @Test
    void somebodyElsesDocumentDoesNotExist() {
        UUID id = service.upload("eve", "secret", "x").is(202).documentId();
        String path = "/v1/documents/" + id;

        service.get("mallory", path).is(404);
        service.get("mallory", path + "/content").is(404);
        service.get("mallory", path + "/events").is(404);
        service.delete("mallory", path).is(404);
        service.post("mallory", path + "/requeue").is(404);
        service.get("eve", "/v1/documents/" + UUID.randomUUID()).is(404);
        assertThat(ids("mallory", "")).isEmpty();
        service.get("eve", path).is(200);
    }

    @Test
    void deletedDocumentLeavesATombstoneAndNothingElse() {
        UUID id = service.upload("mia", "gone.txt", "secret", "title", "T", "metadata", "{\"k\":1}")
                .is(202)
                .documentId();
        service.index(id);

        service.delete("mia", "/v1/documents/" + id).is(204);
        service.delete("mia", "/v1/documents/" + id).is(204);

        JsonNode tombstone = service.get("mia", "/v1/documents/" + id).is(200).json();
        assertThat(tombstone.get("status").stringValue()).isEqualTo("deleted");
        assertThat(tombstone.get("version").intValue()).isEqualTo(2);
        assertThat(tombstone.get("title").isNull()).isTrue();
        assertThat(tombstone.get("fileName").isNull()).isTrue();
        assertThat(tombstone.get("metadata").isEmpty()).isTrue();
        assertThat(ids("mia", "")).isEmpty();
        assertThat(ids("mia", "?status=deleted")).containsExactly(id);
        service.get("mia", "/v1/documents/" + id + "/content").is(404);
        service.post("mia", "/v1/documents/" + id + "/requeue").is(409);
        assertThat(contentsOf("secret")).isZero();
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        assertThat(IngestService.events(KafkaBroker.forTests(), Set.of(id)))
                .endsWith(new DocumentDeleted(id, "mia", 2, 1));
    }

    @Test
    void deletedDocumentComesBackOnlyAsANewVersion() {
        UUID id = service.upload("fay", "back.txt", "back").is(202).documentId();
        service.index(id);
        service.delete("fay", "/v1/documents/" + id).is(204);

        Answer again = service.upload("fay", "back.txt", "back").is(202);

        assertThat(again.json().get("version").intValue()).isEqualTo(3);
        assertThat(service.get("fay", "/v1/documents/" + id)
                        .json()
                        .get("status")
                        .stringValue())
                .isEqualTo("accepted");
        assertThat(service.get("fay", "/v1/documents/" + id + "/content")
                        .is(200)
                        .text())
                .isEqualTo("back");
    }

    @Test
    void sharedContentGoesWithItsLastDocument() {
        UUID one = service.upload("gus", "one", "shared").is(202).documentId();
        UUID other = service.upload("hal", "other", "shared").is(202).documentId();
        assertThat(contentsOf("shared")).isEqualTo(1);

        service.delete("gus", "/v1/documents/" + one).is(204);
        assertThat(service.get("hal", "/v1/documents/" + other + "/content")
                        .is(200)
                        .text())
                .isEqualTo("shared");

        service.upload("hal", "other", "replaced").is(202);
        assertThat(contentsOf("shared")).isZero();
    }

    @Test
    void contentNeverVanishesUnderAConcurrentUpload() {
        List<UUID> raced = IngestService.atOnce(240, i -> {
            String user = "racer" + i % 4;
            UUID id = service.upload(user, "raced", "raced " + i % 2).documentId();
            if (i % 3 == 0) {
                service.delete(user, "/v1/documents/" + id).is(204);
            }
            return id;
        });
        assertThat(Set.copyOf(raced)).hasSize(4);

        assertThat(service.jdbc()
                        .sql(
                                "select count(*) from documents d where user_id like 'racer%' and not deleted and content_bytes <>"
                                        + " (select coalesce(sum(octet_length(data)), 0) from document_content_parts p"
                                        + " where p.content_sha256 = d.content_sha256)")
                        .query(Long.class)
                        .single())
                .isZero();
        assertThat(service.jdbc()
                        .sql("select count(*) from document_contents c where not exists"
                                + " (select from documents d where d.content_sha256 = c.content_sha256)")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void contentThatIsGoneIsNotFound() {
        UUID id = service.upload("ida", "gone", "content that is about to go")
                .is(202)
                .documentId();
        service.jdbc()
                .sql("delete from document_content_parts where part = 0 and content_sha256 ="
                        + " (select content_sha256 from documents where document_id = :id)")
                .param("id", id)
                .update();

        Answer gone = service.get("ida", "/v1/documents/" + id + "/content").is(404);

        assertThat(gone.header("Content-Type")).startsWith("application/problem+json");
        assertThat(gone.header("Content-Disposition")).isNull();
    }

    @Test
    void downloadsAreBounded() throws Exception {
        UUID id = service.upload("jan", "large", new byte[24 * 1024 * 1024])
                .is(202)
                .documentId();
        String path = "/v1/documents/" + id + "/content";
        try (Socket slow = new Socket()) {
            slow.setReceiveBufferSize(4096);
            URI uri = service.uri(path);
            slow.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
            slow.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: kb\r\nAuthorization: Bearer "
                                    + IngestService.token("jan") + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(slow.getInputStream().read()).isEqualTo('H');

            assertThat(service.get("jan", path).is(503).header("Retry-After")).isNotNull();
        }
        await().atMost(PATIENCE).until(() -> service.get("jan", path).status() == 200);
    }

    @Test
    void metadataThatNoReaderOfJsonTakesHidesNothing() {
        UUID id = service.upload("lou", "huge", "x").is(202).documentId();
        service.upload("lou", "other", "x").is(202);
        service.jdbc()
                .sql("update documents set metadata = '{\"n\": 1e1000}' where document_id = :id")
                .param("id", id)
                .update();

        assertThat(service.get("lou", "/v1/documents/" + id).is(200).text()).contains("0".repeat(1000));
        assertThat(service.get("lou", "/v1/documents").is(200).text()).contains("\"other\"");
    }

    @Test
    void documentThatCannotBeReadEndsItsOwnStreamOnly() throws Exception {
        UUID bad = service.upload("moe", "bad", "x").is(202).documentId();
        UUID good = service.upload("moe", "good", "x").is(202).documentId();
        try (BufferedReader badEvents = events("moe", bad);
                BufferedReader goodEvents = events("moe", good)) {
            assertThat(status(badEvents)).isEqualTo("accepted");
            assertThat(status(goodEvents)).isEqualTo("accepted");

            service.jdbc()
                    .sql("insert into indexed_documents (generation, document_id, user_id, version, attempt, state,"
                            + " warnings) values (1, :id, 'moe', 1, 1, 'indexed', array[null]::varchar[])")
                    .param("id", bad)
                    .update();

            assertThat(status(badEvents)).isEqualTo("the end");
            service.index(good);
            assertThat(status(goodEvents)).isEqualTo("indexed");
        }
    }

    @Test
    void contentThatBreaksOffBreaksTheConnection() {
        UUID id = service.upload("ida", "broken", new byte[3 * 1024 * 1024])
                .is(202)
                .documentId();
        service.jdbc()
                .sql("delete from document_content_parts where part = 2 and content_sha256 ="
                        + " (select content_sha256 from documents where document_id = :id)")
                .param("id", id)
                .update();

        assertThatThrownBy(() -> service.get("ida", "/v1/documents/" + id + "/content"))
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void requeueProcessesTheSameVersionAgain() {
        UUID id = service.upload("jim", "again", "x").is(202).documentId();
        service.fail(id, "internal");

        JsonNode requeued =
                service.post("jim", "/v1/documents/" + id + "/requeue").is(202).json();

        assertThat(requeued.get("version").intValue()).isEqualTo(1);
        assertThat(requeued.get("attempt").intValue()).isEqualTo(2);
        assertThat(requeued.get("status").stringValue()).isEqualTo("accepted");
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        service.send(HttpRequest.newBuilder(service.uri("/v1/documents/" + id + "/requeue"))
                        .header("Authorization", "Bearer " + IngestService.token("operator", "kb:admin"))
                        .POST(HttpRequest.BodyPublishers.noBody()))
                .is(202);
    }

    @Test
    void eventsShowEachChangeUntilTheDocumentIsTerminal() throws Exception {
        UUID id = service.upload("kim", "watched", "x").is(202).documentId();
        try (BufferedReader events = events("kim", id)) {
            assertThat(status(events)).isEqualTo("accepted");
            assertThat(comment(events)).isEqualTo(":waiting");
            service.jdbc()
                    .sql("insert into staged_documents values (1, :id, 1, 1, 7, 9)")
                    .param("id", id)
                    .update();
            assertThat(status(events)).isEqualTo("accepted");
            service.fail(id, "empty");
            assertThat(status(events)).isEqualTo("failed");
            assertThat(events.lines().filter(line -> !line.isBlank()))
                    .as("the end")
                    .isEmpty();
        }
        try (BufferedReader events = events("kim", id)) {
            assertThat(status(events)).isEqualTo("failed");
            assertThat(events.lines().filter(line -> !line.isBlank()))
                    .as("the end")
                    .isEmpty();
        }
    }

    @Test
    void eventStreamsAreBounded() throws Exception {
        UUID id = service.upload("lea", "popular", "x").is(202).documentId();
        Set<BufferedReader> open = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            BufferedReader events = events("lea", id);
            assertThat(status(events)).isEqualTo("accepted");
            open.add(events);
        }

        Answer full = service.get("lea", "/v1/documents/" + id + "/events").is(503);
        assertThat(full.header("Retry-After")).isNotNull();

        for (BufferedReader events : open) {
            events.close();
        }
        await().atMost(PATIENCE).untilAsserted(() -> {
            BufferedReader events = events("lea", id);
            assertThat(status(events)).isEqualTo("accepted");
            events.close();
        });
    }

    private static List<UUID> ids(String user, String query) {
        List<UUID> ids = new ArrayList<>();
        service.get(user, "/v1/documents" + query)
                .is(200)
                .json()
                .get("documents")
                .forEach(document ->
                        ids.add(UUID.fromString(document.get("documentId").stringValue())));
        return ids;
    }

    private static long contentsOf(String text) {
        return service.jdbc()
                .sql("select count(*) from document_contents where content_sha256 = sha256(convert_to(:text, 'UTF8'))")
                .param("text", text)
                .query(Long.class)
                .single();
    }

    private static BufferedReader events(String user, UUID id) throws IOException {
        HttpURLConnection request = (HttpURLConnection)
                service.uri("/v1/documents/" + id + "/events").toURL().openConnection();
        request.setRequestProperty("Authorization", "Bearer " + IngestService.token(user));
        request.setReadTimeout(Math.toIntExact(PATIENCE.toMillis()));
        assertThat(request.getResponseCode()).isEqualTo(200);
        assertThat(request.getContentType()).startsWith("text/event-stream");
        return new BufferedReader(new InputStreamReader(request.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String status(BufferedReader events) throws IOException {
        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        for (String line = events.readLine(); line != null; line = events.readLine()) {
            assertThat(System.nanoTime() - deadlineNanos)
                    .as("time over, while only comments come")
                    .isNegative();
            if (line.startsWith("data:")) {
                return IngestService.JSON
                        .readTree(line.substring("data:".length()))
                        .get("status")
                        .stringValue();
            }
        }
        return "the end";
    }

    private static String comment(BufferedReader events) throws IOException {
        for (String line = events.readLine(); line != null; line = events.readLine()) {
            if (line.startsWith(":")) {
                return line;
            }
        }
        return "the end";
    }
}
