/**
 * The command {@code kb}: everything on one machine. Each command is a class in the package of its feature; this package
 * only gathers them.
 */
@NullMarked
package io.knowledgebase.local;

import org.jspecify.annotations.NullMarked;
