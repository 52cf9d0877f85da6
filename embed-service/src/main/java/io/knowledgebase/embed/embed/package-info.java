/**
 * From a document's event to the events of its chunks. One thread polls and commits; documents are worked on beside it
 * with their partition paused, and a document's last part and its offset leave in one Kafka transaction.
 */
@NullMarked
package io.knowledgebase.embed.embed;

import org.jspecify.annotations.NullMarked;
