/**
 * Takes documents over HTTP: one file, or thousands of small texts in one request. Files are spooled to disk and hashed
 * before a database connection is taken, and what is wrong with a request is said by naming its field.
 */
@NullMarked
package io.knowledgebase.ingest.upload;

import org.jspecify.annotations.NullMarked;
