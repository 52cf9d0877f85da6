/**
 * What a person or a script sees of a command: lines, JSON and exit codes. A command that fails says what, how to mend it
 * and where the log is, in that order, and never shows a stack trace.
 */
@NullMarked
package io.knowledgebase.local.terminal;

import org.jspecify.annotations.NullMarked;
