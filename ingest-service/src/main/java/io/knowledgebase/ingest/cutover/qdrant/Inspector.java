package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.CollectionInspection.Oddity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads a whole collection and keeps nothing but counts. */
final class Inspector {

    private static final int EXAMPLES = 10;

    private final SortedMap<String, Long> bySourceType = new TreeMap<>();
    private final SortedMap<String, Long> odd = new TreeMap<>();
    private final SortedMap<String, List<String>> examples = new TreeMap<>();
    private final Set<List<String>> sources = new HashSet<>();
    private final Set<String> owners = new HashSet<>();
    private long read;
    private long unowned;
    private long cleaned;

    CollectionInspection run(QdrantClient client, String name, int pageSize) throws InterruptedException {
        QdrantCollection collection = client.collection();
        PointId from = null;
        do {
            QdrantPage page = client.scroll(from, pageSize, false);
            page.points().forEach(point -> look(StagedPoint.of(point)));
            from = page.next();
        } while (from != null);
        SortedMap<String, Oddity> oddities = new TreeMap<>();
        odd.forEach((reason, points) ->
                oddities.put(reason, new Oddity(points, List.copyOf(examples.getOrDefault(reason, List.of())))));
        return new CollectionInspection(
                name,
                collection.status(),
                collection.points(),
                read,
                collection.vectors(),
                bySourceType,
                sources.size(),
                owners.size(),
                unowned,
                cleaned,
                oddities);
    }

    private void look(StagedPoint point) {
        read++;
        bySourceType.merge(shown(point.sourceType()), 1L, Long::sum);
        if (point.misfit() != null) {
            String reason = point.misfit().code();
            odd.merge(reason, 1L, Long::sum);
            List<String> some = examples.computeIfAbsent(reason, code -> new ArrayList<>());
            if (some.size() < EXAMPLES) {
                some.add(point.pointId());
            }
            return;
        }
        cleaned += point.original() == null ? 0 : 1;
        if (point.owner() == null) {
            unowned++;
        } else {
            owners.add(point.owner());
        }
        sources.add(List.of(shown(point.owner()), shown(point.sourceType()), shown(point.source())));
    }

    private static String shown(@Nullable String text) {
        return Objects.requireNonNullElse(text, "");
    }
}
