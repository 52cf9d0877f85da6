/**
 * What travels through Kafka: one record and one JSON Schema per event type, and the topics they travel on. Events are
 * CloudEvents in binary mode and never hold a document's bytes; consumers accept fields that they do not know.
 */
@NullMarked
package io.knowledgebase.schemas.event;

import org.jspecify.annotations.NullMarked;
