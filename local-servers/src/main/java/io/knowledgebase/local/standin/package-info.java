/**
 * Others' servers on this machine, for tests and demonstrations: Notion's pages, blocks, data sources, comments, search,
 * pagination, limits and webhooks, with the shapes of recorded answers, and a collection of Qdrant. They forget everything
 * when they end, and no service knows of them: it is given their addresses.
 */
@NullMarked
package io.knowledgebase.local.standin;

import org.jspecify.annotations.NullMarked;
