/**
 * Where an installation keeps its state and which servers it is pointed at. Everything comes from the environment and
 * from one folder, so that two installations on a machine never meet.
 */
@NullMarked
package io.knowledgebase.local.home;

import org.jspecify.annotations.NullMarked;
