package io.knowledgebase.ingest.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import java.time.Duration;
import tools.jackson.databind.JsonNode;

/** An operator of the move, over HTTP. */
record Move(IngestService service) {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String OPERATOR = "operator";

    Answer ask(String what) {
        return service.get(OPERATOR, "/v1/cutover/" + what, "kb:admin");
    }

    JsonNode get(String what) {
        return ask(what).is(200).json();
    }

    Answer post(String what, String wish) {
        return service.post(OPERATOR, "/v1/cutover/" + what, wish, "kb:admin");
    }

    JsonNode status() {
        return service.get(OPERATOR, "/v1/cutover", "kb:admin").is(200).json();
    }

    /** What the status tells of a table. */
    JsonNode table(String name) {
        for (JsonNode table : status().get("tables")) {
            if (table.get("table").stringValue().equals(name)) {
                return table;
            }
        }
        throw new AssertionError("there is no table " + name);
    }

    void awaitState(String state) {
        await().atMost(PATIENCE).until(() -> status().get("state").stringValue(), state::equals);
    }

    void awaitStreaming() {
        awaitState("streaming");
        assertThat(status().get("problem").isNull()).isTrue();
    }

    /** Until what was wished is done, or cannot be. */
    void awaitNoWish() {
        await().atMost(PATIENCE).until(() -> status().get("wish").isNull());
    }

    void awaitProblem(String part) {
        await().atMost(PATIENCE).until(() -> status().get("problem").toString(), problem -> problem.contains(part));
    }

    /** The result of a new verification. */
    JsonNode verify() {
        JsonNode wanted = post("verifications", "{}").is(202).json();
        JsonNode done = await().atMost(PATIENCE)
                .until(
                        () -> get("verifications/" + wanted.get("id")),
                        one -> !one.get("finishedAt").isNull());
        assertThat(done.get("failure").isNull()).as(done.toString()).isTrue();
        return done.get("result");
    }

    void complete() {
        JsonNode verified = verify();
        assertThat(verified.get("equal").booleanValue()).as(verified.toString()).isTrue();
        post("complete", "{}").is(202);
        awaitState("cut-over");
    }

    void rollBack() {
        post("rollback", "{}").is(202);
        awaitState("rolled-back");
        awaitNoWish();
    }
}
