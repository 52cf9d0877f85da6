/**
 * What is to be read of Notion, and its reading. Events, runs and ancestors only put tasks into a table, one for each
 * page however often it is asked for; one process at a time works on a connection's tasks, under a lease. A task is
 * removed in the transaction that counts its outcome, so a crash repeats work but loses none.
 */
@NullMarked
package io.knowledgebase.ingest.notion.sync;

import org.jspecify.annotations.NullMarked;
