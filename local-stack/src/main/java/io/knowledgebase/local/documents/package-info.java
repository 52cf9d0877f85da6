/**
 * Uploads, lists, deletes and requeues documents and shows dead letters from the command line. An upload is over when every document is
 * terminal, so its exit code can be trusted by a script.
 */
@NullMarked
package io.knowledgebase.local.documents;

import org.jspecify.annotations.NullMarked;
