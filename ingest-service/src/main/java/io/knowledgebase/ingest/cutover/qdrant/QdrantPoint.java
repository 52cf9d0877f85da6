package io.knowledgebase.ingest.cutover.qdrant;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A point.
 *
 * @param payload null if it has none
 * @param vector null if it was not asked for, or the point has none of that name
 * @param tooLarge whether its payload is more than an answer may be, so that it is not here
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record QdrantPoint(PointId id, @Nullable JsonNode payload, float @Nullable [] vector, boolean tooLarge) {}
