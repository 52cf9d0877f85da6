/**
 * From the events of a document's chunks to rows that searches see. Parts are staged as invisible rows; the last one
 * makes the version visible and removes the old one in a single transaction, under a lock on the document's row, which
 * decides what is newer.
 */
@NullMarked
package io.knowledgebase.embed.write;

import org.jspecify.annotations.NullMarked;
