/**
 * Checks whatever the installation is pointed at, from versions and rights to the plans of searches. It changes nothing,
 * and every line that is not well says how to mend it.
 */
@NullMarked
package io.knowledgebase.local.doctor;

import org.jspecify.annotations.NullMarked;
