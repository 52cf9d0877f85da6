package io.knowledgebase.ingest.cutover.qdrant;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Points in the order of their ids.
 *
 * @param next the point that the next page begins with; null after the last one
 */
public record QdrantPage(List<QdrantPoint> points, @Nullable PointId next) {}
