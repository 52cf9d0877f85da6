package io.knowledgebase.search.search;

import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Search over HTTP. */
@RestController
final class SearchController {

    private static final Set<String> PARAMETERS = Set.of("q", "topK", "mode", "minScore");

    private final Search search;

    SearchController(Search search) {
        this.search = search;
    }

    @PostMapping("/v1/search")
    SearchAnswer post(Caller caller, @RequestBody SearchRequest request) {
        return search.search(caller.userId(), request);
    }

    @GetMapping("/v1/search")
    SearchAnswer get(
            Caller caller,
            @RequestParam Map<String, String> parameters,
            @RequestParam(required = false) @Nullable Integer topK,
            @RequestParam(required = false) @Nullable Double minScore) {
        for (String parameter : parameters.keySet()) {
            if (!PARAMETERS.contains(parameter)) {
                throw Problem.badField(parameter, "There is no parameter " + parameter + ".");
            }
        }
        String query = parameters.get("q");
        if (query == null || query.isBlank()) {
            throw Problem.badField("q", "q is empty.");
        }
        return search.search(
                caller.userId(), new SearchRequest(query, topK, mode(parameters.get("mode")), null, minScore));
    }

    private static @Nullable SearchMode mode(@Nullable String code) {
        try {
            return code == null || code.isEmpty() ? null : SearchMode.ofCode(code);
        } catch (IllegalArgumentException e) {
            throw Problem.badField("mode", "mode is one of hybrid, dense, lexical.");
        }
    }
}
