/**
 * Notion at the command line: connecting, watching, comparing, and letting webhooks in. The demonstration needs neither
 * Notion nor an installation: it brings both and takes them away again.
 */
@NullMarked
package io.knowledgebase.local.notion;

import org.jspecify.annotations.NullMarked;
