package io.knowledgebase.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.embed.embed.FailingModel;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.event.DocumentAccepted;
import io.knowledgebase.schemas.event.Topics;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class EmbedIT {

    private static Pipeline pipeline;

    @BeforeAll
    static void start() throws Exception {
        pipeline = new Pipeline(PostgresCluster.forTests(), KafkaBroker.forTests());
        pipeline.startService("--kb.embed.part-chunks=8");
    }

    @AfterAll
    static void stop() {
        pipeline.close();
    }

    @Test
    void uploadedTextBecomesChunksWithVectors() throws Exception {
        UUID documentId = pipeline.upload("anna", "note.md", "# Trip\n\nThe ferry leaves at seven in the morning.");

        Map<String, Object> indexed = pipeline.awaitTerminal(documentId);

        assertThat(indexed)
                .containsEntry("state", "indexed")
                .containsEntry("chunks", 1)
                .containsEntry("title", "Trip");
        assertThat(pipeline.chunkTexts(documentId))
                .containsExactly("Trip\n\nThe ferry leaves at seven in the morning.");
        assertThat(pipeline.count(
                        "select vector_dims(embedding_vector) from document_chunks where document_id = ?", documentId))
                .isEqualTo(384);
    }

    @Test
    void documentOfManyPartsBecomesVisibleWhole() throws Exception {
        UUID documentId = pipeline.upload("anna", "long.txt", paragraphs(new Random(1), 120));

        Map<String, Object> indexed = pipeline.awaitTerminal(documentId);

        int chunks = (int) indexed.get("chunks");
        assertThat(chunks)
                .isGreaterThan(60)
                .isEqualTo(pipeline.chunkTexts(documentId).size());
        assertThat(pipeline.count("select count(*) from staged_documents where document_id = ?", documentId))
                .isZero();
    }

    @Test
    void editEmbedsOnlyWhatChanged() throws Exception {
        String text = paragraphs(new Random(2), 120);
        UUID documentId = pipeline.upload("anna", "edited.txt", text);
        int chunks = (int) pipeline.awaitTerminal(documentId).get("chunks");

        pipeline.upload(
                "anna", "edited.txt", text.replaceFirst("(?s)\\A(.{20000}.*?\\n\\n)", "$1A new paragraph.\n\n"));
        Map<String, Object> edited = pipeline.awaitTerminal(documentId);

        assertThat(chunks).isGreaterThan(60);
        assertThat((int) edited.get("embedded_chunks")).isBetween(1, 3);
        assertThat(pipeline.count(
                        "select count(distinct version) from document_chunks where document_id = ?", documentId))
                .isEqualTo(1);
    }

    @Test
    void longDocumentDoesNotHoldUpOthersAndStopsOnceItIsDeleted() throws Exception {
        UUID longDocument = pipeline.upload("anna", "very-long.txt", paragraphs(new Random(3), 6_000));
        for (int i = 0; i < 12; i++) { // in each of the partitions
            pipeline.awaitTerminal(pipeline.upload("anna", "short-" + i + ".txt", "Short text " + i + "."));
        }
        assertThat(pipeline.count("select count(*) from indexed_documents where document_id = ?", longDocument))
                .isZero();

        pipeline.delete(longDocument, "anna");

        await().atMost(Duration.ofMinutes(2))
                .until(() -> pipeline.count(
                                "select count(*) from documents where document_id = ? and delivery = 'settled'",
                                longDocument)
                        == 1);
        assertThat(pipeline.chunkTexts(longDocument)).isEmpty();
    }

    @Test
    void deletedDocumentLosesItsChunks() throws Exception {
        UUID documentId = pipeline.upload("anna", "gone.txt", "Soon this is gone.");
        pipeline.awaitTerminal(documentId);

        pipeline.delete(documentId, "anna");

        await().atMost(Duration.ofMinutes(2))
                .until(() -> pipeline.chunkTexts(documentId).isEmpty()
                        && pipeline.count(
                                        "select count(*) from documents where document_id = ? and delivery = 'settled'",
                                        documentId)
                                == 1);
        assertThat(pipeline.count("select count(*) from indexed_documents where document_id = ?", documentId))
                .isZero();
    }

    @Test
    void staleEventChangesNothing() throws Exception {
        UUID documentId = pipeline.upload("anna", "fenced.txt", "The first version.");
        pipeline.awaitTerminal(documentId);
        pipeline.upload("anna", "fenced.txt", "The second version.");
        pipeline.awaitTerminal(documentId);

        byte[] first = "The first version.".getBytes(StandardCharsets.UTF_8);
        pipeline.publish(pipeline.accepted(documentId, "anna", "fenced.txt", 1, Pipeline.sha256(first), first.length));
        UUID after = pipeline.upload("anna", "after-fenced.txt", "Something later.");
        pipeline.awaitTerminal(after);

        assertThat(pipeline.chunkTexts(documentId)).containsExactly("The second version.");
    }

    @Test
    void brokenVersionRemovesTheOldOneAndSaysWhy() throws Exception {
        UUID documentId = pipeline.upload("anna", "broken.pdf", "Text that is no PDF yet.");
        pipeline.awaitTerminal(documentId);

        pipeline.upload("anna", "broken.pdf", "%PDF-1.7 broken".getBytes(StandardCharsets.UTF_8));
        Map<String, Object> failed = pipeline.awaitTerminal(documentId);

        assertThat(failed).containsEntry("state", "failed").containsEntry("reason", "corrupt");
        assertThat(pipeline.chunkTexts(documentId)).isEmpty();
    }

    @Test
    void emptyFileFailsAsEmpty() throws Exception {
        assertThat(pipeline.awaitTerminal(pipeline.upload("anna", "empty.txt", new byte[0])))
                .containsEntry("reason", "empty");
    }

    @Test
    void unknownTypeFailsAsUnsupported() throws Exception {
        byte[] noise = new byte[4_000];
        new Random(5).nextBytes(noise);

        assertThat(pipeline.awaitTerminal(pipeline.upload("anna", "noise.bin", noise)))
                .containsEntry("reason", "unsupported-type");
    }

    @Test
    void gzipBombFailsAsBomb() throws Exception {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
            byte[] zeros = "a".repeat(1024 * 1024).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 60; i++) {
                gzip.write(zeros);
            }
        }

        assertThat(pipeline.awaitTerminal(pipeline.upload("anna", "bomb.gz", bomb.toByteArray())))
                .containsEntry("reason", "bomb");
    }

    @Test
    void documentThatTheModelFailsAtIsADeadLetterUntilItIsRequeued() throws Exception {
        FailingModel.FAILING.set(true);
        UUID documentId = pipeline.upload("anna", "failing.txt", "This one is " + FailingModel.TEXT + ".");

        assertThat(pipeline.awaitTerminal(documentId)).containsEntry("reason", "internal");
        assertThat(pipeline.keys(Topics.DOCUMENTS + Topics.DEAD_LETTER_SUFFIX)).contains(documentId.toString());

        FailingModel.FAILING.set(false);
        pipeline.requeue(documentId);

        assertThat(pipeline.awaitTerminal(documentId)).containsEntry("state", "indexed");
    }

    @Test
    void whatADocumentSaysOfItselfIsKeptWithItsLanguage() throws Exception {
        UUID documentId = pipeline.upload(
                "anna",
                "page.html",
                "<html><head><meta name='author' content='Bert'></head><body><p>"
                        + "Die Fähre legt um sieben Uhr morgens ab, und niemand ist an Bord außer dem Wärter des Leuchtturms,"
                        + " der sich auf den Winter freut.</p></body></html>");

        pipeline.awaitTerminal(documentId);

        assertThat(pipeline.count("""
                        select count(*) from indexed_documents
                        where document_id = ? and metadata @> '{"language": "de", "contentType": "text/html"}'
                        """, documentId)).isOne();
    }

    @Test
    void poisonEventIsBuriedAndThePartitionMovesOn() throws Exception {
        UUID documentId = pipeline.upload("anna", "poisoned.txt", "Sound at first.");
        pipeline.awaitTerminal(documentId);

        pipeline.jdbc()
                .sql("update documents set attempt = attempt + 1, delivery = 'published' where document_id = ?")
                .param(documentId)
                .update();
        pipeline.send(
                new ProducerRecord<>(Topics.DOCUMENTS, documentId.toString(), "{".getBytes(StandardCharsets.UTF_8)));

        assertThat(pipeline.awaitTerminal(documentId)).containsEntry("reason", "internal");
        pipeline.upload("anna", "poisoned.txt", "Sound again.");
        assertThat(pipeline.awaitTerminal(documentId)).containsEntry("state", "indexed");
    }

    @Test
    void poisonThatIsNotThePresentVersionsEventLeavesItAlone() throws Exception {
        byte[] text = "Published once more.".getBytes(StandardCharsets.UTF_8);
        UUID documentId = pipeline.upload("anna", "republished.txt", text);
        pipeline.awaitTerminal(documentId);

        pipeline.jdbc().sql("""
                update documents set attempt = 2, delivery = 'published', published_partition = 0, published_offset = -1
                where document_id = ?
                """).param(documentId).update();
        pipeline.send(
                new ProducerRecord<>(Topics.DOCUMENTS, documentId.toString(), "{".getBytes(StandardCharsets.UTF_8)));
        pipeline.publish(new DocumentAccepted(
                documentId,
                "anna",
                "upload",
                "republished.txt",
                1,
                2,
                HexFormat.of().formatHex(Pipeline.sha256(text)),
                text.length));

        assertThat(pipeline.awaitTerminal(documentId)).containsEntry("state", "indexed");
    }

    @Test
    void writingBeginsAgainAfterAnError() throws Exception {
        pipeline.breakWriting();

        assertThat(pipeline.awaitTerminal(pipeline.upload("anna", "later.txt", "Written later.")))
                .containsEntry("state", "indexed");
    }

    @Test
    void nulAndLoneSurrogatesAreStoredSafely() throws Exception {
        UUID documentId = pipeline.upload(
                "anna", "nul.txt", "Before\0after, and a wide grin 😀 remains.".getBytes(StandardCharsets.UTF_8));

        pipeline.awaitTerminal(documentId);

        assertThat(pipeline.chunkTexts(documentId).get(0)).contains("after, and a wide grin 😀 remains.");
    }

    private static String paragraphs(Random random, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "Paragraph " + i + ": "
                        + IntStream.range(0, 40 + random.nextInt(60))
                                .mapToObj(j -> "word" + random.nextInt(500))
                                .collect(Collectors.joining(" "))
                        + ".")
                .collect(Collectors.joining("\n\n"));
    }
}
