/**
 * Turns search results into a block of text for a prompt, with numbered citations. A context is made of whole passages
 * in the order of their rank: what does not fit the budget is left out and said to be, never cut in the middle.
 */
@NullMarked
package io.knowledgebase.search.context;

import org.jspecify.annotations.NullMarked;
