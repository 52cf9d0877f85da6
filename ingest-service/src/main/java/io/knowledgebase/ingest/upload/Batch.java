package io.knowledgebase.ingest.upload;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.knowledgebase.ingest.document.Accepted;
import io.knowledgebase.ingest.document.CleanText;
import io.knowledgebase.ingest.document.Content;
import io.knowledgebase.ingest.document.Submission;
import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.schemas.problem.ProblemAdvice;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.transaction.TransactionException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Many small texts in one request, as lines of JSON in and lines of JSON out, in the same order. Lines are stored in
 * groups, each in one transaction; if a group fails its lines are tried one by one, so that each has its own answer,
 * and once the database is away all further lines say so.
 */
final class Batch {

    private static final Logger LOG = LoggerFactory.getLogger(Batch.class);
    private static final String SOURCE_TYPE = UploadId.SOURCE_TYPE;
    private static final String CONTENT_TYPE = "text/plain";
    private static final long GROUP_BYTES = 4 * 1024 * 1024;

    private final Intake intake;
    private final UploadSettings settings;
    private final JsonMapper json;

    /** A batch that writes its answers with the given mapper. */
    Batch(Intake intake, UploadSettings settings, JsonMapper json) {
        this.intake = intake;
        this.settings = settings;
        this.json = json;
    }

    void run(String userId, InputStream in, OutputStream out) throws IOException {
        new Run(userId, out).read(new LineReader(in, settings.batchLineSize().toBytes()));
    }

    /** One request; for one thread. */
    private final class Run {

        private final String userId;
        private final OutputStream out;
        private final List<Line> group = new ArrayList<>();
        private final Set<UUID> documents = new HashSet<>();
        private long groupBytes;
        private boolean databaseAway;

        Run(String userId, OutputStream out) {
            this.userId = userId;
            this.out = out;
        }

        void read(LineReader lines) throws IOException {
            for (int number = 1; lines.advance(); number++) {
                if (number > settings.batchLines()) {
                    add(Line.rejected(
                            number,
                            Problem.tooLarge("A batch has at most " + settings.batchLines()
                                            + " lines; this one and the rest were not read.")
                                    .getBody()));
                    break;
                }
                if (!lines.isBlank()) {
                    add(parse(number, lines));
                }
            }
            store();
        }

        private Line parse(int number, LineReader lines) {
            if (lines.isTooLong()) {
                return Line.rejected(
                        number,
                        Problem.tooLarge("The line is longer than the limit of "
                                        + settings.batchLineSize().toBytes() + " bytes.")
                                .getBody());
            }
            try {
                return new Line(number, submission(Fields.JSON.readValue(lines.line(), BatchLine.class)), null);
            } catch (JacksonException e) {
                return Line.rejected(number, ProblemAdvice.describe(e));
            } catch (Problem e) {
                return Line.rejected(number, e.getBody());
            }
        }

        private Submission submission(@Nullable BatchLine line) {
            if (line == null || line.text() == null) {
                throw Problem.badField("text", "text is missing.");
            }
            return new Submission(
                    userId,
                    SOURCE_TYPE,
                    Fields.externalId(line.externalId()),
                    null,
                    CONTENT_TYPE,
                    Fields.title(line.title()),
                    Fields.sourceUrl(line.sourceUrl()),
                    Fields.metadata(line.metadata()),
                    Content.of(CleanText.of(line.text()).getBytes(StandardCharsets.UTF_8)));
        }

        private void add(Line line) throws IOException {
            Submission submission = line.submission();
            if (submission != null && documents.contains(submission.documentId())) {
                store();
            }
            group.add(line);
            if (submission != null) {
                documents.add(submission.documentId());
                groupBytes += submission.content().bytes();
            }
            if (group.size() >= settings.batchTransaction() || groupBytes >= GROUP_BYTES) {
                store();
            }
        }

        private void store() throws IOException {
            List<Submission> submissions = group.stream()
                    .map(Line::submission)
                    .filter(Objects::nonNull)
                    .toList();
            List<Accepted> accepted = tryTogether(submissions);
            int next = 0;
            for (Line line : group) {
                if (line.submission() == null) {
                    intake.count("rejected", 1);
                    answer(new Answer(line.number(), null, line.problem()));
                } else if (accepted != null) {
                    answer(new Answer(line.number(), accepted.get(next++), null));
                } else {
                    answer(alone(line.number(), line.submission()));
                }
            }
            out.flush();
            group.clear();
            documents.clear();
            groupBytes = 0;
        }

        /** Null if that failed, so that the lines are to be tried one by one. */
        private @Nullable List<Accepted> tryTogether(List<Submission> submissions) {
            if (submissions.isEmpty() || databaseAway) {
                return null;
            }
            try {
                return intake.take(submissions);
            } catch (DataAccessException | TransactionException e) {
                databaseAway = ProblemAdvice.isAway(e);
                LOG.warn(
                        "event=batch-group-failed lines={} database-away={} cause=\"{}\"",
                        submissions.size(),
                        databaseAway,
                        e.getClass().getSimpleName());
                return null;
            }
        }

        private Answer alone(int number, Submission submission) {
            if (!databaseAway) {
                try {
                    return new Answer(number, intake.take(List.of(submission)).get(0), null);
                } catch (DataAccessException | TransactionException e) {
                    databaseAway = ProblemAdvice.isAway(e);
                    LOG.error("event=batch-line-failed documentId={} line={}", submission.documentId(), number, e);
                }
            }
            intake.count("failed", 1);
            return new Answer(
                    number,
                    null,
                    databaseAway
                            ? ProblemDetail.forStatusAndDetail(
                                    HttpStatus.SERVICE_UNAVAILABLE,
                                    "The database cannot be reached; send this line again.")
                            : ProblemDetail.forStatusAndDetail(
                                    HttpStatus.INTERNAL_SERVER_ERROR,
                                    "Unexpected error; the service's log tells more."));
        }

        private void answer(Answer answer) throws IOException {
            out.write(json.writeValueAsBytes(answer));
            out.write('\n');
        }
    }

    /** A line that is either to be stored or wrong. */
    private record Line(
            int number,
            @Nullable Submission submission,
            @Nullable ProblemDetail problem) {

        static Line rejected(int number, ProblemDetail problem) {
            return new Line(number, null, problem);
        }
    }

    /** What a client is told of a line. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Answer(
            int line,
            @JsonUnwrapped @Nullable Accepted accepted,
            @Nullable ProblemDetail error) {}
}
