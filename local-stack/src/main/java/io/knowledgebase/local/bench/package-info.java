/**
 * Measures how fast documents become searchable, against what the model alone could do. Both are measured in one run,
 * on the same chunks, because machines differ and are shared.
 */
@NullMarked
package io.knowledgebase.local.bench;

import org.jspecify.annotations.NullMarked;
