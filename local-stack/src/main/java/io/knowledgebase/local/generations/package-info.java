/**
 * The commands that index documents again: generations and how they stand, replays into the live one, and publishing
 * everything anew. They watch and ask; what they began goes on in the services when they end.
 */
@NullMarked
package io.knowledgebase.local.generations;

import org.jspecify.annotations.NullMarked;
