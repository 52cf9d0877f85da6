/**
 * PostgreSQL with pgvector and a Kafka broker as private child processes, for one machine and for tests. They are the
 * real servers and not embedded stand-ins, so that what is proved here (crashes included) holds in production.
 */
@NullMarked
package io.knowledgebase.local.servers;

import org.jspecify.annotations.NullMarked;
