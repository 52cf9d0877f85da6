package io.knowledgebase.search.search;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.Models;
import io.knowledgebase.vectorizer.UnusableModelException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * The models that queries are read with. Those of all generations that can become live are loaded before they do, so
 * that no search waits for one; safe for use by several threads.
 */
final class QueryModels implements Runnable, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(QueryModels.class);

    private final Models models;
    private final Supplier<List<String>> wanted;
    private final Map<String, DenseVectorizer> loaded = new ConcurrentHashMap<>();
    private volatile DenseVectorizer latest;

    /**
     * Models for searches.
     *
     * @param first the one that is used until a search finds that another one is wanted
     * @param wanted names of the models of generations that are live or can become so
     */
    QueryModels(DenseVectorizer first, Models models, Supplier<List<String>> wanted) {
        this.models = models;
        this.wanted = wanted;
        this.latest = first;
        loaded.put(first.model(), first);
    }

    /** The model that the latest search needed: most likely that of the next one. */
    DenseVectorizer latest() {
        return latest;
    }

    /**
     * The model of that name; answers 503 if it cannot be had, or its files are others than the index was made with.
     *
     * @param digest of its files; null if it is not known
     */
    DenseVectorizer get(String name, @Nullable String digest) {
        try {
            DenseVectorizer model = loaded.computeIfAbsent(name, models::load);
            if (digest != null && !digest.equals(model.digest())) {
                throw new UnusableModelException(name, "its files are not those that the index was made with");
            }
            latest = model;
            return model;
        } catch (UnusableModelException e) {
            LOG.error("event=model-missing cause=\"{}\"", e.getMessage());
            throw Problem.unavailable("The model that the index was made with cannot be loaded here now.");
        }
    }

    /** Loads what is missing. */
    @Override
    public void run() {
        try {
            wanted.get().forEach(this::load);
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("event=models-not-loaded cause=\"{}\"", e.getMessage());
        }
    }

    private void load(String name) {
        try {
            var unused = loaded.computeIfAbsent(name, models::load);
        } catch (UnusableModelException e) {
            LOG.warn("event=model-not-loaded cause=\"{}\"", e.getMessage());
        }
    }

    @Override
    public void close() {
        loaded.values().forEach(DenseVectorizer::close);
    }
}
