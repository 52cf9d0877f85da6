package io.knowledgebase.search.search;

import static java.util.stream.Collectors.toMap;

import io.knowledgebase.search.search.Fusion.Ranked;
import io.knowledgebase.search.search.SearchStore.DensePlan;
import io.knowledgebase.search.search.SearchStore.Overview;
import io.knowledgebase.search.search.SearchStore.Passage;
import io.knowledgebase.search.search.SearchStore.Scope;
import io.knowledgebase.search.search.SearchStore.Wanted;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.SparseVectorizer;
import io.knowledgebase.vectorizer.TermVector;
import io.knowledgebase.vectorizer.TextAnalysis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Answers searches of a user over that user's documents; the model reads the query while the words are looked up. */
public final class Search implements AutoCloseable {

    static final int MAXIMUM_TOP_K = 100;

    /** A leg proposes so many more than it needs, in case that some belong to versions that are not visible. */
    static final int INVISIBLE_MARGIN = 20;

    /** Below this share of the user's chunks, those that filters let through are found by their documents' ids. */
    private static final int FEW_IN_ALL = 4;

    private final SearchStore store;
    private final QueryModels models;
    /** The average length weighs documents' terms only, and only queries are read here. */
    private final Map<TextAnalysis, SparseVectorizer> sparse = Arrays.stream(TextAnalysis.values())
            .collect(toMap(analysis -> analysis, analysis -> new SparseVectorizer(analysis, 1)));

    private final RecentQueries recent;
    private final SearchSettings settings;
    private final SearchMetrics metrics;
    private final TermFrequencies frequencies = new TermFrequencies();
    private final ExecutorService embedding =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), task -> {
                Thread thread = new Thread(task, "embed-query");
                thread.setDaemon(true);
                return thread;
            });

    Search(
            SearchStore store,
            QueryModels models,
            RecentQueries recent,
            SearchSettings settings,
            SearchMetrics metrics) {
        this.store = store;
        this.models = models;
        this.recent = recent;
        this.settings = settings;
        this.metrics = metrics;
    }

    /** Answers with a problem that names the field if the request is not valid. */
    public SearchAnswer search(String user, SearchRequest request) {
        return search(user, ValidSearch.of(request, settings.maximumQueryCharacters()));
    }

    private SearchAnswer search(String user, ValidSearch search) {
        long start = System.nanoTime();
        Analysis analysis = analyse(search, models.latest());
        SearchAnswer found = store.reading(user, () -> find(user, search, analysis));
        long took = System.nanoTime() - start;
        metrics.searched(search.mode(), took, found.results().size());
        return new SearchAnswer(
                found.results(), found.generation(), TimeUnit.NANOSECONDS.toMillis(took), found.warnings());
    }

    @Override
    public void close() {
        embedding.shutdown();
    }

    /**
     * What the query means to each leg.
     *
     * @param model what the vector is of
     * @param vector waits for the model
     */
    private record Analysis(
            DenseVectorizer model, @Nullable Supplier<float[]> vector, double denseWeight, List<String> warnings) {}

    private Analysis analyse(ValidSearch search, DenseVectorizer dense) {
        List<String> warnings = new ArrayList<>();
        Supplier<float[]> vector = null;
        double denseWeight = 0;
        if (search.needsVector()) {
            int pieces = dense.wordPieces().count(search.query());
            if (pieces > dense.maximumTokens()) {
                warnings.add("The query has " + pieces + " word pieces; its meaning is taken from the first "
                        + dense.maximumTokens() + ", its words from all of it.");
            }
            vector = CompletableFuture.supplyAsync(
                    () -> metrics.leg("embed", () -> dense.vectorizeQuery(search.query())), embedding)::join;
            denseWeight = Fusion.denseWeight(
                    search.query().codePointCount(0, search.query().length()), pieces);
        }
        return new Analysis(dense, vector, denseWeight, warnings);
    }

    private SearchAnswer find(String user, ValidSearch search, Analysis presumed) {
        Overview overview = metrics.leg("statistics", () -> store.overview(user));
        Analysis analysis = search.needsVector() ? fitting(search, presumed, overview) : presumed;
        TermVector words = words(search, overview.analysis());
        if (words.isEmpty() && search.mode() == SearchMode.LEXICAL) {
            analysis.warnings().add("The query has no words to search by.");
        }
        WeightedTerms terms = metrics.leg("statistics", () -> weigh(user, words, overview));
        List<Candidate> candidates = candidates(user, search, analysis, overview, terms);
        List<Ranked> best = rank(search, analysis, candidates).stream()
                .filter(ranked ->
                        search.minScore() == null || ranked.candidate().denseScore() >= search.minScore())
                .limit(search.topK())
                .toList();
        List<SearchResult> results =
                metrics.leg("texts", () -> results(user, search, overview, best, analysis.vector() != null));
        return new SearchAnswer(results, overview.generation(), 0, analysis.warnings());
    }

    /** Another generation may have been promoted. */
    private Analysis fitting(ValidSearch search, Analysis presumed, Overview overview) {
        DenseVectorizer model = models.get(overview.model(), overview.modelDigest());
        return model == presumed.model() ? presumed : analyse(search, model);
    }

    private TermVector words(ValidSearch search, TextAnalysis analysis) {
        SparseVectorizer words = Objects.requireNonNull(sparse.get(analysis), "there is one for each");
        return words.query(search.mode() == SearchMode.DENSE ? "" : search.query());
    }

    private WeightedTerms weigh(String user, TermVector terms, Overview overview) {
        if (terms.isEmpty() || overview.chunks() == 0) {
            return WeightedTerms.NONE;
        }
        Map<Integer, Long> known = frequencies.of(
                user,
                overview.state(),
                terms.ids(),
                unknown -> store.frequencies(user, overview.generation(), unknown));
        return WeightedTerms.of(terms, overview.chunks(), known);
    }

    private List<Candidate> candidates(
            String user, ValidSearch search, Analysis analysis, Overview overview, WeightedTerms terms) {
        SearchFilters filters = search.filters();
        long chunks = filters.limit() ? store.countSelected(user, overview.generation(), filters) : overview.chunks();
        if (chunks == 0) {
            return List.of();
        }
        DensePlan plan = search.mode() == SearchMode.LEXICAL
                ? DensePlan.NONE
                : chunks > settings.exactChunks() && overview.hasHnsw() ? DensePlan.HNSW : DensePlan.EXACT;
        if (plan == DensePlan.NONE && terms.isEmpty()) {
            return List.of();
        }
        Wanted wanted = new Wanted(
                user,
                overview,
                filters,
                analysis.vector(),
                terms,
                plan,
                filters.limit() ? Scope.SELECTED : Scope.ALL,
                settings.legCandidates() + (filters.limit() ? 0 : INVISIBLE_MARGIN));
        if (plan != DensePlan.HNSW && filters.limit() && chunks * FEW_IN_ALL < overview.chunks()) {
            wanted = again(wanted, plan, Scope.FEW_SELECTED);
        }
        List<Candidate> proposed = propose(wanted);
        if (plan == DensePlan.HNSW && analysis.vector() != null) {
            recent.remember(user, overview.generation(), analysis.vector().get());
        }
        if (wanted.scope() == Scope.ALL && hidesTooMany(proposed, wanted.candidates())) {
            proposed = propose(again(wanted, plan, Scope.SELECTED));
        }
        if (plan == DensePlan.HNSW && visible(proposed, Candidate::fromDense) < Math.min(search.topK(), chunks)) {
            metrics.planned("fallback");
            proposed = propose(again(wanted, DensePlan.EXACT, Scope.SELECTED));
        } else if (plan != DensePlan.NONE) {
            metrics.planned(plan == DensePlan.HNSW ? "hnsw" : "exact");
        }
        return bestOfLegs(proposed);
    }

    private List<Candidate> propose(Wanted wanted) {
        long[] lexical = metrics.leg("lexical", () -> store.lexical(wanted));
        if (wanted.vector() != null) {
            metrics.leg("embed-wait", wanted.vector());
        }
        return metrics.leg("dense", () -> store.candidates(wanted, lexical));
    }

    private Wanted again(Wanted wanted, DensePlan plan, Scope scope) {
        return new Wanted(
                wanted.user(),
                wanted.overview(),
                wanted.filters(),
                wanted.vector(),
                wanted.terms(),
                plan,
                scope,
                settings.legCandidates());
    }

    /** Whether a leg had more to propose, but not enough of what it did propose is visible. */
    private boolean hidesTooMany(List<Candidate> proposed, int limit) {
        return hidesTooMany(proposed, limit, Candidate::fromDense)
                || hidesTooMany(proposed, limit, Candidate::fromLexical);
    }

    private boolean hidesTooMany(List<Candidate> proposed, int limit, Predicate<Candidate> leg) {
        return proposed.stream().filter(leg).count() == limit && visible(proposed, leg) < settings.legCandidates();
    }

    private static long visible(List<Candidate> proposed, Predicate<Candidate> leg) {
        return proposed.stream().filter(leg).filter(Candidate::visible).count();
    }

    private List<Candidate> bestOfLegs(List<Candidate> proposed) {
        Set<Candidate> best = new HashSet<>();
        best.addAll(bestOfLeg(proposed, Candidate::fromDense, Candidate::denseScore));
        best.addAll(bestOfLeg(proposed, Candidate::fromLexical, Candidate::lexicalScore));
        return List.copyOf(best);
    }

    private List<Candidate> bestOfLeg(
            List<Candidate> proposed, Predicate<Candidate> leg, ToDoubleFunction<Candidate> score) {
        return proposed.stream()
                .filter(Candidate::visible)
                .filter(leg)
                .sorted(Comparator.comparingDouble(score).reversed().thenComparing(Candidate::chunkId))
                .limit(settings.legCandidates())
                .toList();
    }

    private static List<Ranked> rank(ValidSearch search, Analysis analysis, List<Candidate> candidates) {
        return switch (search.mode()) {
            case HYBRID -> Fusion.fuse(candidates, analysis.denseWeight());
            case DENSE -> Fusion.rank(candidates, Candidate::denseScore);
            case LEXICAL -> Fusion.rank(candidates, Candidate::lexicalScore);
        };
    }

    private List<SearchResult> results(
            String user, ValidSearch search, Overview overview, List<Ranked> best, boolean hasDense) {
        if (best.isEmpty()) {
            return List.of();
        }
        Map<Long, Passage> passages = store.passages(
                user,
                overview.generation(),
                best.stream().map(ranked -> ranked.candidate().rowId()).toList());
        boolean hasLexical = search.mode() != SearchMode.DENSE;
        return best.stream()
                .map(ranked -> {
                    Candidate candidate = ranked.candidate();
                    Passage passage = Objects.requireNonNull(
                            passages.get(candidate.rowId()), "a candidate of the same snapshot has a passage");
                    return new SearchResult(
                            candidate.chunkId(),
                            passage.documentId(),
                            passage.externalId(),
                            passage.text(),
                            ranked.score(),
                            hasDense ? candidate.denseScore() : null,
                            hasLexical ? candidate.lexicalScore() : null,
                            passage.title(),
                            passage.section(),
                            passage.page(),
                            passage.sourceType(),
                            passage.sourceUrl(),
                            passage.chunkIndex());
                })
                .toList();
    }
}
