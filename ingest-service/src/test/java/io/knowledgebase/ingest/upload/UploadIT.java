package io.knowledgebase.ingest.upload;

import static io.knowledgebase.ingest.IngestService.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jwt.JWTClaimsSet;
import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.schemas.DocumentId;
import io.knowledgebase.schemas.event.DocumentAccepted;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;

class UploadIT {

    private static final int MIB = 1024 * 1024;

    private static final Path SPOOL = Path.of("target", "upload-spool").toAbsolutePath();

    private static IngestService service;

    @BeforeAll
    static void start() throws IOException {
        Files.createDirectories(SPOOL);
        service = IngestService.start(
                "upload",
                "kb.upload.max-size=24MB",
                "kb.upload.batch-line-size=4KB",
                "kb.upload.batches=1",
                "kb.upload.spool-directory=" + SPOOL);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void uploadIsAnsweredOnceItIsStoredAndThenPublished() {
        Answer answer = service.upload(
                        "ann",
                        "notes.txt",
                        "some text",
                        "title",
                        "Notes",
                        "sourceUrl",
                        "https://example.org/notes",
                        "metadata",
                        "{\"language\": \"en\"}")
                .is(202);

        UUID id = DocumentId.of("ann", "upload", "notes.txt");
        assertThat(answer.documentId()).isEqualTo(id);
        assertThat(answer.header("Location")).isEqualTo("/v1/documents/" + id);
        assertThat(answer.json().get("externalId").stringValue()).isEqualTo("notes.txt");
        assertThat(answer.json().get("version").intValue()).isEqualTo(1);
        assertThat(answer.json().get("status").stringValue()).isEqualTo("accepted");
        assertThat(answer.json().has("unchanged")).isFalse();
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        assertThat(IngestService.events(KafkaBroker.forTests(), Set.of(id)))
                .containsExactly(new DocumentAccepted(
                        id,
                        "ann",
                        "upload",
                        "notes.txt",
                        1,
                        1,
                        "b94f6f125c79e3a5ffaa826f584c10d52ada669e6762051b826b55776d05aed2",
                        9));
    }

    @Test
    void unchangedUploadDoesNothingAndSaysSo() {
        String[] fields = {"title", "T", "metadata", "{\"a\": 1.0}"};
        UUID id = service.upload("bob", "same.txt", "same", fields).is(202).documentId();
        assertThat(service.upload("bob", "same.txt", "same", fields)
                        .is(200)
                        .json()
                        .get("unchanged")
                        .booleanValue())
                .isTrue();

        service.index(id);

        Answer again = service.upload("bob", "same.txt", "same", "title", "T", "metadata", "{\"a\":1.00}")
                .is(200);
        assertThat(again.json().get("unchanged").booleanValue()).isTrue();
        assertThat(again.json().get("version").intValue()).isEqualTo(1);
        assertThat(again.json().get("status").stringValue()).isEqualTo("indexed");
        assertThat(service.delivery(id)).isEqualTo("settled");
    }

    @Test
    void changeOfBytesTitleUrlOrMetadataIsANewVersion() {
        assertThat(version(service.upload("cleo", "d", "one").is(202))).isEqualTo(1);
        assertThat(version(service.upload("cleo", "d", "two").is(202))).isEqualTo(2);
        assertThat(version(service.upload("cleo", "d", "two", "title", "t").is(202)))
                .isEqualTo(3);
        assertThat(version(service.upload("cleo", "d", "two", "title", "t", "sourceUrl", "http://x")
                        .is(202)))
                .isEqualTo(4);
        assertThat(version(service.upload("cleo", "d", "two", "metadata", "{\"k\":[]}")
                        .is(202)))
                .isEqualTo(5);
    }

    @Test
    void failedDocumentIsAlwaysProcessedAgain() {
        UUID id = service.upload("dan", "broken.pdf", "%PDF").is(202).documentId();
        service.fail(id, "corrupt");

        Answer again = service.upload("dan", "broken.pdf", "%PDF").is(202);

        assertThat(version(again)).isEqualTo(2);
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
    }

    @Test
    void twoUploadsOfOneIdentityAtOnceBothGetAVersion() {
        List<Integer> versions = IngestService.atOnce(
                48, i -> version(service.upload("eve", "contested", "text " + i).is(202)));

        assertThat(versions)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(1, 48).boxed().toList());
        assertThat(service.jdbc()
                        .sql("select count(*) from document_contents where content_sha256 not in"
                                + " (select content_sha256 from documents where content_sha256 is not null)")
                        .query(Long.class)
                        .single())
                .as("contents of replaced versions")
                .isZero();
    }

    @Test
    void uploadsThatSwapTheirContentsDoNotDeadlock() {
        assertThat(IngestService.atOnce(
                        200,
                        i -> service.upload("swapper" + i % 2, "d" + i % 3, "content " + i % 4)
                                .status()))
                .isSubsetOf(200, 202);
    }

    @Test
    void sameNameOfAnotherUserIsAnotherDocument() {
        UUID one = service.upload("fay", "name", "x").is(202).documentId();
        UUID other = service.upload("gus", "name", "x").is(202).documentId();

        assertThat(one).isNotEqualTo(other);
        service.get("gus", "/v1/documents/" + one).is(404);
    }

    @Test
    void emptyFileIsAcceptedAndMayFailLater() {
        UUID id = service.upload("hal", "empty.txt", "").is(202).documentId();

        assertThat(service.get("hal", "/v1/documents/" + id + "/content")
                        .is(200)
                        .text())
                .isEmpty();
    }

    @Test
    void missingFileIsNamed() {
        service.upload("ida", null, "", "title", "t").isBad("file");
        service.post("ida", "/v1/documents").isBad("file");
        service.send(service.request("ida", "/v1/documents")
                        .header("Content-Type", "multipart/form-data; boundary=x")
                        .POST(HttpRequest.BodyPublishers.ofString("--x\r\ncut")))
                .isBad("file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "externalId | ` `",
                "sourceUrl | ftp://example.org/x",
                "sourceUrl | /relative",
                "sourceUrl | http:opaque",
                "sourceUrl | javascript:alert(1)",
                "metadata | []",
                "metadata | {",
                "metadata | {} {}",
                "metadata | {\"n\": 1e9999999}",
                "metadata | {\"n\": 1e1000}",
                "external_id | x"
            })
    void malformedFieldIsNamed(String field, String value) {
        service.upload("jim", "f.txt", "x", field, value).isBad(field);
    }

    @Test
    void fieldsThatAreTooLongAreNamed() {
        service.upload("kim", "f", "x", "externalId", "é".repeat(513)).isBad("externalId");
        service.upload("kim", "f", "x", "title", "t".repeat(1001)).isBad("title");
        service.upload("kim", "f", "x", "sourceUrl", "http://x/" + "y".repeat(2000))
                .isBad("sourceUrl");
        service.upload("kim", "f", "x", "metadata", "{\"k\":\"" + "v".repeat(16 * 1024) + "\"}")
                .isBad("metadata");
        service.upload("kim", "f", "x", "metadata", "[".repeat(15_000)).isBad("metadata");
        service.upload("kim", "f", "x", "externalId", "é".repeat(512), "title", "😀".repeat(1000))
                .is(202);
    }

    @Test
    void numbersOfMetadataAreKeptExactly() {
        UUID id = service.upload("kit", "n", "x", "metadata", "{\"n\": 12345678901234567890.123456789}")
                .is(202)
                .documentId();

        assertThat(service.get("kit", "/v1/documents/" + id).text()).contains("12345678901234567890.123456789");
    }

    @Test
    void nulAndLoneSurrogatesAreReplaced() {
        UUID id = service.upload(
                        "lea",
                        "plain\"; filename*=\"UTF-8''f%0A.txt",
                        "x",
                        "title",
                        "a\0b",
                        "metadata",
                        "{\"k\\u0000\": [\"\\ud800\", {\"x\": \"\\udc00\\u0000 \\ud83d\\ude00\"}]}")
                .is(202)
                .documentId();

        JsonNode document = service.get("lea", "/v1/documents/" + id).is(200).json();
        assertThat(document.get("title").stringValue()).isEqualTo("a\uFFFDb");
        assertThat(document.get("fileName").stringValue()).isEqualTo("f\uFFFD.txt");
        assertThat(document.get("metadata").get("k\uFFFD").get(0).stringValue()).isEqualTo("\uFFFD");
        assertThat(document.get("metadata").get("k\uFFFD").get(1).get("x").stringValue())
                .isEqualTo("\uFFFD\uFFFD 😀");
    }

    @Test
    void fileNameWithNulIsRefused() {
        service.upload("lea", "plain\"; filename*=\"UTF-8''f%00.txt", "x").isBad("file");
    }

    @ParameterizedTest
    @CsvSource({"../../etc/passwd", "..\\\\..\\\\x.txt", "a;b'c%22d.txt", "файл 文件.txt", "folder/", "<script>.html"})
    void fileNamesAreKeptAndShownSafely(String name) {
        UUID id = service.upload("max", name, "content").is(202).documentId();

        Answer content = service.get("max", "/v1/documents/" + id + "/content").is(200);
        assertThat(content.text()).isEqualTo("content");
        assertThat(content.header("Content-Disposition"))
                .startsWith("attachment;")
                .doesNotContain("\n")
                .doesNotContain("..");
        assertThat(content.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(service.get("max", "/v1/documents/" + id)
                        .json()
                        .get("externalId")
                        .stringValue())
                .isEqualTo(name.replace("\\\\", "\\"));
    }

    @Test
    void fileNameOf255EmojiIsKept() {
        String name = "😀".repeat(255);

        UUID id = service.upload("ned", name, "x").is(202).documentId();

        assertThat(service.get("ned", "/v1/documents/" + id)
                        .json()
                        .get("fileName")
                        .stringValue())
                .isEqualTo(name);
        assertThat(service.get("ned", "/v1/documents/" + id + "/content")
                        .is(200)
                        .header("Content-Disposition"))
                .contains("filename*=UTF-8''%F0%9F%98%80");
    }

    @Test
    void tooLargeFileIsRefusedWithTheLimitAndNothingIsStored() {
        long before = service.count("documents");

        Answer answer = service.upload("oda", "large", new byte[24 * MIB + 1]).is(413);

        assertThat(answer.json().get("detail").stringValue()).contains("24 MiB");
        service.upload("oda", "larger", new byte[40 * MIB]).is(413);
        assertThat(service.count("documents")).isEqualTo(before);
    }

    @Test
    void twentyMegabytesFlowThroughPartByPart() throws Exception {
        byte[] line = "All work and no play makes Jack a dull boy.\n".getBytes(StandardCharsets.UTF_8);
        byte[] data = new byte[20 * MIB + 7];
        for (int i = 0; i < data.length; i++) {
            data[i] = line[i % line.length];
        }

        UUID id = service.upload("pam", "novel.txt", data).is(202).documentId();

        assertThat(service.jdbc()
                        .sql("select count(*) from document_content_parts p join documents d"
                                + " on d.content_sha256 = p.content_sha256 where d.document_id = :id")
                        .param("id", id)
                        .query(Long.class)
                        .single())
                .isEqualTo(21);
        assertThat(Arrays.equals(
                        service.get("pam", "/v1/documents/" + id + "/content")
                                .is(200)
                                .response()
                                .body(),
                        data))
                .isTrue();
    }

    @Test
    void uploadOfUnknownLengthIsTaken() {
        byte[] form = IngestService.form("chunked.txt", "text".getBytes(StandardCharsets.UTF_8));
        service.send(service.request("quy", "/v1/documents")
                        .header("Content-Type", "multipart/form-data; boundary=" + IngestService.boundary())
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(form))))
                .is(202);
    }

    @Test
    void requestsWithoutAValidTokenAreRefused() {
        HttpRequest.Builder nobody = HttpRequest.newBuilder(service.uri("/v1/documents"));
        assertThat(service.send(nobody.copy()).is(401).header("Content-Type")).startsWith("application/problem+json");
        service.send(nobody.copy().header("Authorization", "Bearer x")).is(401);
        service.send(nobody.copy()
                        .header(
                                "Authorization",
                                "Bearer "
                                        + IngestService.sign(new JWTClaimsSet.Builder()
                                                .subject("ann")
                                                .expirationTime(
                                                        Date.from(Instant.now().minusSeconds(3600)))
                                                .build())))
                .is(401);
    }

    @Test
    void legacyTokenWithNothingButAUserIsAccepted() {
        String token = IngestService.sign(
                new JWTClaimsSet.Builder().claim("user_id", "legacy-user").build());

        service.send(HttpRequest.newBuilder(service.uri("/v1/documents")).header("Authorization", "Bearer " + token))
                .is(200);

        assertThat(service.jdbc()
                        .sql("select count(*) from users where user_id = 'legacy-user'")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void theChatServiceNamesTheUserOnlyWithTheScope() {
        service.send(service.request("ray", "/v1/documents").header("X-KB-User", "sue"))
                .is(403);

        UUID id = service.upload("sue", "mine", "x").is(202).documentId();

        service.send(HttpRequest.newBuilder(service.uri("/v1/documents/" + id))
                        .header("Authorization", "Bearer " + IngestService.token("chat", "kb:act-as"))
                        .header("X-KB-User", "sue"))
                .is(200);
    }

    @Test
    void batchOfThreeThousandLinesAnswersEachInOrder() {
        StringBuilder lines = new StringBuilder();
        for (int i = 1; i <= 3000; i++) {
            lines.append(
                    i % 1000 == 0
                            ? "{\"externalId\": \"" + i + "\", \"txt\": \"\"}\n"
                            : "{\"externalId\": \"b" + i + "\", \"title\": \"T\", \"text\": \"text " + i + "\"}\n");
        }

        List<JsonNode> answers = service.batch("tom", lines.toString()).is(200).lines();

        assertThat(answers).hasSize(3000);
        for (int i = 1; i <= 3000; i++) {
            JsonNode answer = answers.get(i - 1);
            assertThat(answer.get("line").intValue()).isEqualTo(i);
            if (i % 1000 == 0) {
                assertThat(answer.get("error").get("status").intValue()).isEqualTo(400);
                assertThat(answer.get("error").get("field").stringValue()).isEqualTo("txt");
                assertThat(answer.has("status")).isFalse();
            } else {
                assertThat(answer.get("externalId").stringValue()).isEqualTo("b" + i);
                assertThat(answer.get("documentId").stringValue())
                        .isEqualTo(DocumentId.of("tom", "upload", "b" + i).toString());
                assertThat(answer.get("version").intValue()).isEqualTo(1);
                assertThat(answer.get("status").stringValue()).isEqualTo("accepted");
            }
        }
        assertThat(service.get("tom", "/v1/documents/summary")
                        .json()
                        .get("accepted")
                        .intValue())
                .isEqualTo(2997);
    }

    @Test
    void numbersInABatchAreNoTextsAndNoFieldIsGivenTwice() {
        assertThat(service.batch("uma", """
                        {"externalId": 7, "text": "x"}
                        {"externalId": "g", "text": 1.5}
                        {"externalId": "g", "text": "x", "text": "y"}""").is(200).lines())
                .extracting(answer -> answer.path("error").path("field").stringValue("none"))
                .containsExactly("externalId", "text", "none");
        assertThat(service.get("uma", "/v1/documents?q=g").json().get("documents"))
                .isEmpty();
    }

    @Test
    void badLinesOfABatchSayWhatIsWrong() {
        List<JsonNode> answers =
                service.batch("uma", """
                        {"externalId": "a", "text": "x"}
                        not json

                        {"externalId": "b"}
                        {"text": "x"}
                        {"externalId": "c", "text": "x", "metadata": 1}
                        {"externalId": "d", "text": {"x": 1}}
                        {"externalId": "e", "text": "%s"}
                        {"externalId": "a", "text": "y\\u0000", "metadata": {"k": null}}
                        null
                        {"externalId": "f", "text": "no newline at the end"}""".formatted("x".repeat(5000))).is(200).lines();

        assertThat(answers)
                .extracting(answer -> answer.get("line").intValue())
                .containsExactly(1, 2, 4, 5, 6, 7, 8, 9, 10, 11);
        assertThat(answers)
                .extracting(answer -> answer.path("error").path("field").stringValue("none"))
                .containsExactly(
                        "none", "none", "text", "externalId", "metadata", "text", "none", "none", "text", "none");
        assertThat(answers)
                .extracting(answer -> answer.path("error").path("status").intValue(0))
                .containsExactly(0, 400, 400, 400, 400, 400, 413, 0, 400, 0);
        assertThat(answers.get(7).get("version").intValue()).isEqualTo(2);
        assertThat(service.get(
                                "uma",
                                "/v1/documents/"
                                        + answers.get(7).get("documentId").stringValue() + "/content")
                        .is(200)
                        .text())
                .isEqualTo("y\uFFFD");
    }

    @Test
    void batchIsStoredWhileItIsStillBeingSent() throws Exception {
        HttpURLConnection request = service.openBatch("vic");
        OutputStream client = request.getOutputStream();
        write(client, "s", 150);
        await().atMost(PATIENCE).until(() -> service.count("documents where user_id = 'vic'") >= 100);
        write(client, "t", 1);
        client.close();

        List<JsonNode> answers = IngestService.answers(request);

        assertThat(answers).hasSize(151);
        assertThat(answers.get(150).get("externalId").stringValue()).isEqualTo("t0");
    }

    @Test
    void documentTwiceInABatchIsTwoVersions() {
        List<JsonNode> answers = service.batch(
                        "wes",
                        "{\"externalId\": \"s\", \"text\": \"x\"}\n".repeat(3)
                                + "{\"externalId\": \"s\", \"text\": \"y\"}\n")
                .is(200)
                .lines();

        assertThat(answers.subList(1, 3))
                .allMatch(answer -> answer.get("unchanged").booleanValue());
        assertThat(answers.get(3).get("version").intValue()).isEqualTo(2);
    }

    @Test
    void batchesAreBounded() throws Exception {
        HttpURLConnection request = service.openBatch("xia");
        OutputStream client = request.getOutputStream();
        write(client, "x", 100);
        await().atMost(PATIENCE).until(() -> service.count("documents where user_id = 'xia'") == 100);

        assertThat(service.batch("yan", "").is(503).header("Retry-After")).isNotNull();

        client.close();
        assertThat(IngestService.answers(request)).hasSize(100);
        service.batch("yan", "").is(200);
    }

    @Test
    void whatOverflowsInAFormIsNamed() {
        String[] fields = IntStream.range(0, 60)
                .boxed()
                .flatMap(i -> Stream.of("title", "t"))
                .toArray(String[]::new);
        service.upload("zoe", "f", "x", fields).isBad("form");
        service.upload("zoe", "f", "x", "metadata", "m".repeat(3 * MIB)).isBad("form");
        service.upload("zoe", "f", "x", "title", "t".repeat(24 * MIB + 1)).isBad("title");
        service.upload("zoe", "f".repeat(9000), "x").isBad("file");
    }

    @Test
    void uploadThatTheServerCannotSpoolMayBeSentAgain() throws IOException {
        FileSystemUtils.deleteRecursively(SPOOL);
        Files.createFile(SPOOL);
        try {
            assertThat(service.upload("abe", "f", "x").is(503).header("Retry-After"))
                    .isNotNull();
        } finally {
            Files.delete(SPOOL);
        }
        service.upload("abe", "f", "x").is(202);
    }

    private static void write(OutputStream client, String name, int lines) throws IOException {
        for (int i = 0; i < lines; i++) {
            client.write(
                    ("{\"externalId\": \"" + name + i + "\", \"text\": \"text\"}\n").getBytes(StandardCharsets.UTF_8));
        }
        client.flush();
    }

    private static int version(Answer answer) {
        return answer.json().get("version").intValue();
    }
}
