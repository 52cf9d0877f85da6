package io.knowledgebase.embed.generation;

/** A generation that this process works for. */
public final class FedGeneration {

    private final Generation generation;
    private volatile boolean live;

    FedGeneration(Generation generation, boolean live) {
        this.generation = generation;
        this.live = live;
    }

    public Generation generation() {
        return generation;
    }

    /** Whether people wait for it: what is not live gives way. */
    public boolean isLive() {
        return live;
    }

    void setLive(boolean live) {
        this.live = live;
    }
}
