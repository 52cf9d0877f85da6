package io.knowledgebase.ingest.upload;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One line of a batch request. */
record BatchLine(
        @Nullable String externalId,
        @Nullable String title,
        @Nullable String text,
        @Nullable String sourceUrl,
        @Nullable JsonNode metadata) {}
