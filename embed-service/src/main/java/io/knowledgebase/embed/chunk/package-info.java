/**
 * From blocks to chunks that the model reads whole. Borders are chosen by the text around them alone, never by counting
 * from the document's beginning, so that an edit changes the chunks around it and leaves all others as they were.
 */
@NullMarked
package io.knowledgebase.embed.chunk;

import org.jspecify.annotations.NullMarked;
