/**
 * The search service: answers questions with passages of the caller's own documents. It only reads, and it sees a row
 * only if both the query and PostgreSQL's row-level security say that it is the caller's.
 */
@NullMarked
package io.knowledgebase.search;

import org.jspecify.annotations.NullMarked;
