/**
 * Notion's servers on this machine, for tests and demonstrations: pages, blocks, data sources, comments, search,
 * pagination, limits and webhooks, with the shapes of recorded answers. It forgets everything when it ends, and no service
 * knows of it: they are given its address.
 */
@NullMarked
package io.knowledgebase.local.standin;

import org.jspecify.annotations.NullMarked;
