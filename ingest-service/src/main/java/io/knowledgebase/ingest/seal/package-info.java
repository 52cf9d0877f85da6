/**
 * Tokens of other services, sealed before they are stored or sent. The keys come from the environment and the work is
 * Tink's; a seal is bound to what the token belongs to, so that it opens nowhere else.
 */
@NullMarked
package io.knowledgebase.ingest.seal;

import org.jspecify.annotations.NullMarked;
