package io.knowledgebase.schemas.event;

import java.util.UUID;

/** Something that happened to a document; the Kafka key of every event is its {@link #documentId()}. */
public sealed interface Event
        permits DocumentAccepted,
                DocumentDeferred,
                DocumentDeleted,
                DocumentEmbedded,
                DocumentRejected,
                DocumentRemoved {

    UUID documentId();

    String userId();

    /** Grows with each accepted change of the document. */
    int version();

    /** Grows with each wish to process the same version again. */
    int attempt();
}
