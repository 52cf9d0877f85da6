/**
 * The legacy application's Qdrant collection as documents. Points are read into PostgreSQL first, page by page together
 * with where the reading goes on, and documents are made of what lies there; so a crash costs a page, a second round
 * changes what has changed, and every point can be told with its document or with why it has none. Vectors are left
 * behind: they are not of a model that this system has.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.qdrant;

import org.jspecify.annotations.NullMarked;
