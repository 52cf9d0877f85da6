/**
 * How JSON from clients is read. Strictly, because a number in the place of a text is a client's mistake that would show
 * only when somebody searches for it.
 */
@NullMarked
package io.knowledgebase.schemas.json;

import org.jspecify.annotations.NullMarked;
