/**
 * Mints access tokens for this installation. They are signed with the secret that its services check, so they are worth
 * nothing elsewhere.
 */
@NullMarked
package io.knowledgebase.local.token;

import org.jspecify.annotations.NullMarked;
