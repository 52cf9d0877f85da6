package io.knowledgebase.ingest.upload;

import io.knowledgebase.ingest.document.Accepted;
import io.knowledgebase.ingest.document.Documents;
import io.knowledgebase.ingest.document.Submission;
import io.knowledgebase.schemas.problem.Problem;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;

/** Hands uploads on to {@link Documents}: large ones a few at a time, and all of them counted by outcome. */
final class Intake {

    private static final long LARGE_BYTES = 1024 * 1024;

    private final Documents documents;
    private final Semaphore largeWrites;
    private final MeterRegistry meters;

    Intake(Documents documents, int largeWrites, MeterRegistry meters) {
        this.documents = documents;
        this.largeWrites = new Semaphore(largeWrites, true);
        this.meters = meters;
    }

    /** Reads one upload and stores it. */
    Accepted take(Upload upload) throws IOException {
        try {
            Submission submission = upload.read();
            return submission.content().bytes() > LARGE_BYTES
                    ? takeLarge(submission)
                    : take(List.of(submission)).get(0);
        } catch (Problem e) {
            count("rejected", 1);
            throw e;
        } catch (RuntimeException e) {
            count("failed", 1);
            throw e;
        }
    }

    /** Stores all submissions in one transaction, or none. */
    List<Accepted> take(List<Submission> submissions) {
        List<Accepted> accepted = documents.accept(submissions);
        int unchanged =
                Math.toIntExact(accepted.stream().filter(Accepted::unchanged).count());
        count("unchanged", unchanged);
        count("accepted", accepted.size() - unchanged);
        return accepted;
    }

    void count(String outcome, int uploads) {
        if (uploads > 0) {
            meters.counter("kb.uploads", "outcome", outcome).increment(uploads);
        }
    }

    /** Waiting here holds a file on disk, but no connection that others need. */
    private Accepted takeLarge(Submission submission) {
        largeWrites.acquireUninterruptibly();
        try {
            return take(List.of(submission)).get(0);
        } finally {
            largeWrites.release();
        }
    }

    /** An upload that has been received but not looked at. */
    @FunctionalInterface
    interface Upload {
        Submission read() throws IOException;
    }
}
