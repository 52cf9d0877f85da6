package io.knowledgebase.search.context;

import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.search.context.ContextBlock.Built;
import io.knowledgebase.search.search.Search;
import io.knowledgebase.search.search.SearchAnswer;
import io.knowledgebase.search.search.SearchSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Contexts over HTTP. */
@RestController
final class ContextController {

    private static final int MAXIMUM_TOKENS = 100_000;

    private final Search search;
    private final ContextBlock block;
    private final SearchSettings settings;

    ContextController(Search search, ContextBlock block, SearchSettings settings) {
        this.search = search;
        this.block = block;
        this.settings = settings;
    }

    @PostMapping("/v1/context")
    ContextAnswer post(Caller caller, @RequestBody ContextRequest request) {
        long start = System.nanoTime();
        int maxTokens = request.maxTokens() == null ? settings.contextTokens() : request.maxTokens();
        if (maxTokens < 1 || maxTokens > MAXIMUM_TOKENS) {
            throw Problem.badField(
                    "maxTokens", "maxTokens is " + maxTokens + ", not between 1 and " + MAXIMUM_TOKENS + ".");
        }
        SearchAnswer found = search.search(caller.userId(), request.search());
        Built built = block.build(found.results(), maxTokens);
        return new ContextAnswer(
                built.context(),
                built.citations(),
                built.tokens(),
                found.generation(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
                warnings(found, built));
    }

    private static List<String> warnings(SearchAnswer found, Built built) {
        List<String> warnings = new ArrayList<>(found.warnings());
        if (built.tooLong() > 0) {
            warnings.add("Passages left out because the context would have more than maxTokens word pieces: "
                    + built.tooLong() + ".");
        }
        return warnings;
    }
}
