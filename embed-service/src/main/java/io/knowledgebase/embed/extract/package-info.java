/**
 * From a document's bytes to text with structure: headings, paragraphs, rows, pages. The type is detected from the
 * bytes, never believed; Tika reads every format but plain text and Markdown, whose structure Tika does not see.
 */
@NullMarked
package io.knowledgebase.embed.extract;

import org.jspecify.annotations.NullMarked;
