/**
 * Changes of the legacy database into the five tables. How far a topic was taken is kept in the transaction of the rows,
 * so neither a restart nor a repetition does anything; a row that PostgreSQL cannot take goes into quarantine, from which
 * its next change, or the end of what stood in its way, gets it out.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.sink;

import org.jspecify.annotations.NullMarked;
