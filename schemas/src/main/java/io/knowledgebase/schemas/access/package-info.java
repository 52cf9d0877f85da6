/**
 * Who calls: bearer tokens, their scopes, and the user a request acts for. Tokens of the legacy application (HS256,
 * claim {@code user_id}) are valid, and the first sight of a user creates its row.
 */
@NullMarked
package io.knowledgebase.schemas.access;

import org.jspecify.annotations.NullMarked;
