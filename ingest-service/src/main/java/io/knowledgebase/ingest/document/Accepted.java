package io.knowledgebase.ingest.document;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.UUID;

/**
 * What became of a submission: it is stored, and will be indexed or fail with a reason.
 *
 * @param externalId its name in its source
 * @param unchanged whether it was stored like this before, so that there is nothing to do
 */
public record Accepted(
        UUID documentId,
        String externalId,
        int version,
        DocumentStatus status,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean unchanged) {}
