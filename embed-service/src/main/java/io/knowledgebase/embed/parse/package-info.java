/**
 * From a file to text with structure: headings, paragraphs, rows, pages, and the parts of containers. It runs in worker
 * processes only, which {@code extract} starts and ends: what a parser does to its process costs one document its turn.
 * The type is detected from the bytes, never believed; Tika reads every format but plain text and Markdown, whose
 * structure Tika does not see.
 */
@NullMarked
package io.knowledgebase.embed.parse;

import org.jspecify.annotations.NullMarked;
