/**
 * Measures the quality of search on collections with known answers, and of extraction on files with known outcomes,
 * through the running system and its HTTP interface only: what is measured is what users get. A collection is uploaded
 * once, under a user of its own; files anew in each round, so that nothing is known of them.
 */
@NullMarked
package io.knowledgebase.local.evaluate;

import org.jspecify.annotations.NullMarked;
