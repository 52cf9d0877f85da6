/**
 * A chat application on SQLite that never existed: its database with every oddity that such files have, and its people,
 * who never stop writing while it moves.
 */
@NullMarked
package io.knowledgebase.local.cutover.demo;

import org.jspecify.annotations.NullMarked;
