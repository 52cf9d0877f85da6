/**
 * The move from the legacy application's SQLite and Qdrant to PostgreSQL. Everything that has to outlive a crash is in
 * PostgreSQL; what runs (capture, sink, verification) runs in the one process that holds the lease, which looks at the
 * wanted state and brings it about.
 */
@NullMarked
package io.knowledgebase.ingest.cutover;

import org.jspecify.annotations.NullMarked;
