/**
 * The way back: what is written in PostgreSQL since the cutover goes into the SQLite file, which stays fenced for everybody
 * else. Debezium's PostgreSQL connector tells which rows were touched, and each is written as PostgreSQL has it then, so
 * that what is told twice, or late, does no harm. The slot keeps PostgreSQL's log until the file has what is in it.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.wayback;

import org.jspecify.annotations.NullMarked;
