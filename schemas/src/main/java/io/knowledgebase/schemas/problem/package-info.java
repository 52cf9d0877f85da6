/**
 * Errors over HTTP as RFC 9457 problem details, the same in every service. A problem names the field or the limit it is
 * about, and a database that is away is answered with 503 and Retry-After, never with an empty result.
 */
@NullMarked
package io.knowledgebase.schemas.problem;

import org.jspecify.annotations.NullMarked;
