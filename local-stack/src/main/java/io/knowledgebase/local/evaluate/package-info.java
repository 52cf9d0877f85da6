/**
 * Measures the quality of search on collections with known answers, through the running system and its HTTP interface
 * only: what is measured is what users get. The collection is uploaded once, under a user of its own.
 */
@NullMarked
package io.knowledgebase.local.evaluate;

import org.jspecify.annotations.NullMarked;
