/**
 * Who is next where only so many may work at once: the user who has the fewest turns, so that one person's thousand
 * documents, or the one that never ends, do not hold up anybody else's.
 */
@NullMarked
package io.knowledgebase.embed.turn;

import org.jspecify.annotations.NullMarked;
