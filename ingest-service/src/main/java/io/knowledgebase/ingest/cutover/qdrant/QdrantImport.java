package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.ImportResult.Left;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.UserPoints;
import io.knowledgebase.ingest.cutover.qdrant.PointStore.Phase;
import io.knowledgebase.ingest.cutover.qdrant.PointStore.Round;
import io.knowledgebase.ingest.cutover.qdrant.PointStore.SourceKey;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import io.knowledgebase.schemas.problem.Problem;
import java.net.http.HttpClient;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Imports the documents of a Qdrant collection. It is for one process at a time; a round that was interrupted, by whatever,
 * goes on where it was.
 */
public final class QdrantImport {

    private static final Logger LOG = LoggerFactory.getLogger(QdrantImport.class);
    private static final int PAGE_SIZE = 256;
    private static final int SOURCES_AT_ONCE = 500;
    private static final int USERS_SHOWN = 100;

    private final HttpClient http;
    private final PointStore points;
    private final SourceStore sources;
    private final Settlement settlement;
    private final ReportStore reports;

    QdrantImport(HttpClient http, PointStore points, SourceStore sources, Settlement settlement, ReportStore reports) {
        this.http = http;
        this.points = points;
        this.sources = sources;
        this.settlement = settlement;
        this.reports = reports;
    }

    /** A way to read the source's collection. */
    public QdrantClient client(QdrantSource source) {
        return new QdrantClient(http, source, QdrantClient.Patience.LONG);
    }

    /**
     * Asks Qdrant for the collection.
     *
     * @throws Problem that names the field if there is no Qdrant, no such collection or vector, or the key is wrong
     */
    public QdrantCollection check(QdrantSource source) throws InterruptedException {
        return new QdrantClient(http, source, QdrantClient.Patience.SHORT).collection();
    }

    /**
     * Reads the whole collection and changes nothing.
     *
     * @throws Problem as {@link #check} does
     * @throws QdrantAwayException if it goes away meanwhile
     */
    public CollectionInspection inspect(QdrantSource source) throws InterruptedException {
        return new Inspector()
                .run(new QdrantClient(http, source, QdrantClient.Patience.SHORT), source.collection(), PAGE_SIZE);
    }

    /** Puts down the source for later, with its key sealed. */
    public void keep(QdrantSource source) {
        sources.keep(source);
    }

    /** Reads it no more; what was imported stays known. */
    public void leave() {
        sources.forget();
    }

    /** How far the round is that is under way, or the last one; empty before the first. */
    public Optional<ImportProgress> progress() {
        return points.round()
                .map(round -> new ImportProgress(
                        round.collection(),
                        round.number(),
                        round.phase().code(),
                        round.begunAt(),
                        round.pointsThere(),
                        round.changes(),
                        reports.indexing()));
    }

    /** Whether a round has been done that began after a moment. */
    public boolean isImportedSince(Instant moment) {
        return points.round()
                .filter(round -> round.phase() == Phase.DONE && round.begunAt().isAfter(moment))
                .isPresent();
    }

    /** Whether the last round is such a one, and has found the collection as the one before it had left it. */
    public boolean isStableSince(Instant moment) {
        return isImportedSince(moment) && points.round().orElseThrow().changes().isNone();
    }

    /** How far its documents are on their way to being found. */
    public ImportProgress.Indexing indexing() {
        return reports.indexing();
    }

    /** Whether there is a user. */
    public boolean isUser(String userId) {
        return points.isUser(userId);
    }

    /** Whether a source was put down. */
    public boolean isWanted() {
        return sources.isKept();
    }

    /** The source that was put down. */
    public Optional<QdrantSource> kept() {
        return sources.kept();
    }

    /**
     * Reads the collection once and makes its documents those of the points that were read; or goes on with that. Nothing
     * that somebody has changed here is changed.
     *
     * @return what came of it, which is stable if nothing had to be done
     * @throws Problem as {@link #check} does, if another collection was imported, or nobody is called as the one who is to
     *     get what has no owner
     * @throws QdrantAwayException if Qdrant is away for long
     * @throws InterruptedException if it is to end; the next call goes on
     */
    public ImportResult run(QdrantSource source) throws InterruptedException {
        QdrantClient client = client(source);
        if (source.unownedTo() != null && !points.isUser(source.unownedTo())) {
            throw Problem.unprocessable("qdrant.unownedTo", "There is no user " + source.unownedTo() + ".");
        }
        long there = client.collection().points();
        Round round = points.begin(source.collection(), source.unownedTo(), there);
        if (there == 0 && round.phase() == Phase.READING && reports.counts().kept() > 0) {
            throw Problem.unprocessable(
                    "qdrant.collection",
                    "The collection is empty, but documents were imported from it, which would be deleted.");
        }
        if (round.phase() == Phase.READING) {
            read(client, round);
        }
        sort(round);
        ImportResult result = result().orElseThrow();
        LOG.info(
                "event=qdrant-imported round={} points={} kept={} documents={} stable={}",
                result.round(),
                result.points(),
                result.kept(),
                result.documents(),
                result.isStable());
        return result;
    }

    private void read(QdrantClient client, Round round) throws InterruptedException {
        PointId from = round.next();
        do {
            QdrantPage page = client.scroll(from, PAGE_SIZE, false);
            points.stage(
                    round, from, page.points().stream().map(StagedPoint::of).toList(), page.next());
            from = page.next();
        } while (from != null);
    }

    private void sort(Round round) throws InterruptedException {
        points.leaveUnowned(round);
        for (List<SourceKey> some = points.unsettled(round, SOURCES_AT_ONCE);
                !some.isEmpty();
                some = points.unsettled(round, SOURCES_AT_ONCE)) {
            for (SourceKey key : some) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                settlement.settle(round, key);
            }
        }
        settlement.deleteWithoutPoints();
        points.finish(round);
    }

    /** Looks for the text of every kept point in what is stored here. */
    public TextsVerified verify() throws InterruptedException {
        return new TextVerification(reports).run();
    }

    /** What has become of the points so far; empty before the first round. */
    public Optional<ImportResult> result() {
        return points.round().map(round -> {
            ReportStore.Counts counts = reports.counts();
            return new ImportResult(
                    round.collection(),
                    round.number(),
                    round.phase() == Phase.DONE,
                    round.begunAt(),
                    round.finishedAt(),
                    counts.points(),
                    counts.documents(),
                    counts.kept(),
                    counts.unsettled(),
                    reports.notKept(),
                    round.changes(),
                    reports.separated(),
                    reports.joints(),
                    reports.gaps(),
                    counts.cleaned(),
                    counts.unowned(),
                    round.unownedTo(),
                    reports.users(round.unownedTo(), "", USERS_SHOWN));
        });
    }

    /**
     * Points that are in no document, in the order of their ids as text.
     *
     * @param reason null for all
     * @param after the id before the first one; empty for the beginning
     */
    public List<Left> left(@Nullable Reason reason, String after, int limit) {
        return reports.left(reason, after, limit);
    }

    /** Texts of points that are in documents of a user, in the order of the points' ids as text, after one of them. */
    public List<KeptText> texts(String userId, String after, int limit) {
        return reports.textsOf(userId, after, limit);
    }

    /** Users with points, in the order of their ids, after one of them. */
    public List<UserPoints> users(String after, int limit) {
        return reports.users(points.round().map(Round::unownedTo).orElse(null), after, limit);
    }

    /** Forgets the import and its source; its documents stay, as anybody's. */
    public void forget() {
        points.forget();
        sources.forget();
    }
}
