/**
 * What crosses a boundary between services, and nothing else. A service knows another one only by what stands here.
 */
@NullMarked
package io.knowledgebase.schemas;

import org.jspecify.annotations.NullMarked;
