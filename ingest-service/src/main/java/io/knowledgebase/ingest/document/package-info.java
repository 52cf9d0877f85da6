/**
 * The documents of each user: accepting, reading, watching, deleting them. Every change is one transaction that locks
 * first the documents in order of their ids, then the contents in order of their hashes, and then looks again, so that
 * two changes never deadlock and content goes with its last document but never under a new one.
 */
@NullMarked
package io.knowledgebase.ingest.document;

import org.jspecify.annotations.NullMarked;
