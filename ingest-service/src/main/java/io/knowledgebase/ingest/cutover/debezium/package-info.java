/** Debezium's engine inside this service, with its offsets in PostgreSQL. */
@NullMarked
package io.knowledgebase.ingest.cutover.debezium;

import org.jspecify.annotations.NullMarked;
