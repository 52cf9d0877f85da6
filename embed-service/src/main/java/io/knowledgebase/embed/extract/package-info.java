/**
 * Has documents parsed by worker processes, Tika's pipes, that have no network, no secrets and bounded memory, disk and
 * time. A worker that dies or hangs is replaced and its document rejected; one that takes long moves to a lane of its
 * own, so that nobody waits behind it for more than the patience of the first.
 */
@NullMarked
package io.knowledgebase.embed.extract;

import org.jspecify.annotations.NullMarked;
