/** Asks the new search what the old one was asked, and tells where the answers differ. */
@NullMarked
package io.knowledgebase.local.cutover.shadow;

import org.jspecify.annotations.NullMarked;
