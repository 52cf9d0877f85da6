package io.knowledgebase.embed.generation;

/** The generations of the index. */
public final class Generations {

    private final GenerationStore store;

    Generations(GenerationStore store) {
        this.store = store;
    }

    /** The one that searches read. */
    public Generation live() {
        return store.live();
    }
}
