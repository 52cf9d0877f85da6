package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The pages of a user's own connections over HTTP, and which of them are not as Notion has them. */
@RestController
@RequestMapping("/v1/notion/connections/{connectionId}/pages")
final class PageController {

    private static final int LARGEST_PAGE = 1_000;
    private static final UUID FIRST = new UUID(0, 0);

    private final EntityStore entities;

    PageController(EntityStore entities) {
        this.entities = entities;
    }

    /**
     * Some pages of a connection.
     *
     * @param next what to give as {@code after} for the next ones; null at the end
     */
    record Listing(List<KnownPage> pages, @Nullable UUID next) {}

    @GetMapping
    Listing list(
            Caller caller,
            @PathVariable UUID connectionId,
            @RequestParam(required = false) @Nullable String state,
            @RequestParam(defaultValue = "100") int limit,
            @RequestParam(required = false) @Nullable UUID after) {
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw Problem.badField("limit", "limit is a number from 1 to 1,000.");
        }
        KnownPage.State wanted = state == null
                ? null
                : KnownPage.State.of(state)
                        .orElseThrow(() -> Problem.badField(
                                "state", "state is current, waiting, failing, out-of-sight, removed or stale."));
        if (!entities.isConnectionOf(caller.userId(), connectionId)) {
            throw Problem.notFound("There is no connection " + connectionId + ".");
        }
        List<KnownPage> pages =
                entities.pages(caller.userId(), connectionId, wanted, after == null ? FIRST : after, limit);
        return new Listing(
                pages, pages.size() < limit ? null : pages.get(limit - 1).pageId());
    }
}
