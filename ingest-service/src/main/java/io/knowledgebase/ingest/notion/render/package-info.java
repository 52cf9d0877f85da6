/**
 * Notion's blocks and properties as Markdown and plain text. Markdown, because the embed service reads its structure like
 * that of any uploaded file; nothing that Notion makes anew for each answer (signed addresses) gets into the text, so
 * that an unchanged page stays unchanged.
 */
@NullMarked
package io.knowledgebase.ingest.notion.render;

import org.jspecify.annotations.NullMarked;
