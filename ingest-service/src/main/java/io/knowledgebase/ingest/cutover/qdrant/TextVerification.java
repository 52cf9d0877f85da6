package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.ReportStore.Kept;
import io.knowledgebase.ingest.cutover.qdrant.ReportStore.PointText;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Looks for the text of every kept point in what is stored of its document. */
final class TextVerification {

    private static final int DOCUMENTS_AT_ONCE = 200;
    private static final int EXAMPLES = 20;

    private final ReportStore store;
    private final List<String> examples = new ArrayList<>();
    private long documents;
    private long found;
    private long missing;
    private long changedHere;

    TextVerification(ReportStore store) {
        this.store = store;
    }

    TextsVerified run() throws InterruptedException {
        List<Kept> some = store.documents(new UUID(0, 0), DOCUMENTS_AT_ONCE);
        while (!some.isEmpty()) {
            for (Kept document : some) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                look(document);
            }
            some = store.documents(some.get(some.size() - 1).documentId(), DOCUMENTS_AT_ONCE);
        }
        ImportProgress.Indexing indexing = store.indexing();
        return new TextsVerified(
                documents,
                indexing.waiting() + indexing.failed(),
                found,
                missing,
                changedHere,
                store.counts().unsettled(),
                List.copyOf(examples));
    }

    private void look(Kept document) {
        documents++;
        List<PointText> points = store.texts(document.documentId());
        if (document.contentSha256() == null) {
            changedHere += points.size();
            return;
        }
        String text = store.content(document.contentSha256());
        int from = 0;
        for (PointText point : points) {
            // Mostly a little further on: from the beginning, a long document would be read once for each chunk.
            int next = text.indexOf(point.content(), from);
            int place = next >= 0 ? next : text.indexOf(point.content());
            if (place < 0) {
                missing++;
                if (examples.size() < EXAMPLES) {
                    examples.add(point.pointId());
                }
            } else {
                found++;
                from = place;
            }
        }
    }
}
