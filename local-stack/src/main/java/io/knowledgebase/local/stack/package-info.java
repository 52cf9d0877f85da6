/**
 * Starts, watches and stops PostgreSQL, Kafka and the services on this machine. Each is a process of its own that is
 * found again by its pid file, so every command may be repeated, killed or run from another terminal.
 */
@NullMarked
package io.knowledgebase.local.stack;

import org.jspecify.annotations.NullMarked;
