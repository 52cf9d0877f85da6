package io.knowledgebase.ingest.document;

import io.knowledgebase.ingest.publish.Publisher;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes documents from any source: once {@link #accept} returns, they are kept and will be published. */
public final class Documents {

    private static final Logger LOG = LoggerFactory.getLogger(Documents.class);

    private final DocumentStore store;
    private final Publisher publisher;

    Documents(DocumentStore store, Publisher publisher) {
        this.store = store;
        this.publisher = publisher;
    }

    /**
     * Stores all submissions in one transaction, or none; a repeat is safe, because it finds nothing changed.
     *
     * @param submissions no two of the same document
     * @return answers in the same order
     */
    public List<Accepted> accept(List<Submission> submissions) {
        List<Accepted> accepted = store.accept(submissions);
        publisher.wake();
        for (int i = 0; i < accepted.size(); i++) {
            Accepted answer = accepted.get(i);
            LOG.info(
                    "event=accepted documentId={} version={} unchanged={} bytes={}",
                    answer.documentId(),
                    answer.version(),
                    answer.unchanged(),
                    submissions.get(i).content().bytes());
        }
        return accepted;
    }

    /** Deletes a user's document; a repeat does nothing. It is invisible when this returns. */
    public void delete(String userId, UUID documentId) {
        if (store.delete(userId, documentId) == DocumentStore.Deletion.DELETED) {
            publisher.wake();
            LOG.info("event=deleted documentId={}", documentId);
        }
    }
}
