/**
 * From a document's event to the events of its chunks. One thread polls and commits; documents are worked on beside it,
 * several of a partition at once, so that a long one holds up nobody. A document's last part leaves in one Kafka
 * transaction with its offset, or with the mark that it is done if an earlier one is not.
 */
@NullMarked
package io.knowledgebase.embed.embed;

import org.jspecify.annotations.NullMarked;
