package io.knowledgebase.ingest.cutover.qdrant;

import java.util.UUID;

/**
 * The text of a point that is in a document.
 *
 * @param source the name of the file or the id of the page
 */
public record KeptText(String pointId, UUID documentId, String source, String text) {}
