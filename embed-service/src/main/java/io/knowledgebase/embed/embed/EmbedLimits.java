package io.knowledgebase.embed.embed;

import java.util.concurrent.Semaphore;

/** Bounds what the documents under way have in memory and do at once, over all loops of the process. */
final class EmbedLimits {

    private static final int LARGE_DOCUMENTS = 2;
    private static final int DOCUMENTS = 24;

    private final Semaphore extractions;
    private final Semaphore largeDocuments = new Semaphore(LARGE_DOCUMENTS, true);
    private final Semaphore documents = new Semaphore(DOCUMENTS, true);

    /** @param threads extraction and chunking use as many cores as the model does */
    EmbedLimits(int threads) {
        this.extractions = new Semaphore(threads, true);
    }

    /** Permits for all work on one document; those of large ones are fewer. */
    Permit document(boolean large) throws InterruptedException {
        return large ? Permit.of(largeDocuments) : Permit.of(documents);
    }

    /** A permit for reading and cutting one document. */
    Permit extraction() throws InterruptedException {
        return Permit.of(extractions);
    }

    /** Gives back what was acquired. */
    interface Permit extends AutoCloseable {

        @Override
        void close();

        private static Permit of(Semaphore semaphore) throws InterruptedException {
            semaphore.acquire();
            return semaphore::release;
        }
    }
}
