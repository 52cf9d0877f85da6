package io.knowledgebase.embed.generation;

import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.Models;
import io.knowledgebase.vectorizer.UnusableModelException;
import java.util.HashMap;
import java.util.Map;

/** The models of the generations, each loaded once and kept for as long as the service runs; safe for use by threads. */
public final class LoadedModels implements AutoCloseable {

    private final Models models;
    private final GenerationStore store;
    private final Map<String, DenseVectorizer> loaded = new HashMap<>();

    LoadedModels(Models models, GenerationStore store) {
        this.models = models;
        this.store = store;
    }

    /**
     * The model of that name.
     *
     * @throws UnusableModelException if there is none here
     */
    synchronized DenseVectorizer get(String name) {
        return loaded.computeIfAbsent(name, models::load);
    }

    /**
     * The generation's model.
     *
     * @throws UnusableModelException if there is none here, or another one under its name
     */
    public DenseVectorizer of(Generation generation) {
        DenseVectorizer model = get(generation.model());
        if (generation.modelDigest() == null) {
            store.saveDigest(generation.number(), model.digest());
        } else if (!generation.modelDigest().equals(model.digest())) {
            throw new UnusableModelException(
                    generation.model(),
                    "its files are not those that generation " + generation.number() + " was made with");
        }
        return model;
    }

    @Override
    public synchronized void close() {
        loaded.values().forEach(DenseVectorizer::close);
        loaded.clear();
    }
}
