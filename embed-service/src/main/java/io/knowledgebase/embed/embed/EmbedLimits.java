package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.turn.Claimant;
import io.knowledgebase.embed.turn.Turns;
import io.knowledgebase.embed.turn.Turns.Turn;

/** Bounds what the documents under way have in memory and do at once, over all loops of the process. */
final class EmbedLimits {

    private static final int LARGE_TEXT_BYTES = 1024 * 1024;
    private static final int LARGE_DOCUMENTS = 2;
    private static final int DOCUMENTS = 24;

    private final Turns largeDocuments = new Turns(LARGE_DOCUMENTS);
    private final Turns documents = new Turns(DOCUMENTS);
    private final Turns chunking;

    /** @param threads chunking uses as many cores as the model does */
    EmbedLimits(int threads) {
        this.chunking = new Turns(threads);
    }

    /** A turn for what is done with a document's text; those of long ones are fewer. */
    Turn document(Claimant claimant, long textBytes) throws InterruptedException {
        return (textBytes > LARGE_TEXT_BYTES ? largeDocuments : documents).take(claimant);
    }

    /** A turn for cutting one document. */
    Turn chunking(Claimant claimant) throws InterruptedException {
        return chunking.take(claimant);
    }
}
