package io.knowledgebase.embed.generation;

/** Work that each process does for a generation for as long as that is fed. */
public interface Feed {

    /** Begins in the background. */
    Feeding start(FedGeneration generation);

    /** Work under way. */
    interface Feeding extends AutoCloseable {

        /** Whether it goes on as it should. */
        boolean isWorking();

        /** Ends it; what was not committed is done elsewhere, or again. */
        @Override
        void close();
    }
}
