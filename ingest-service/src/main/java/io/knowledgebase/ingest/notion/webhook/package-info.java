/**
 * What Notion tells by itself. A webhook is believed only if it is signed with a token that an operator has let in; it
 * is answered when Kafka has it, and what it means is found out later.
 */
@NullMarked
package io.knowledgebase.ingest.notion.webhook;

import org.jspecify.annotations.NullMarked;
