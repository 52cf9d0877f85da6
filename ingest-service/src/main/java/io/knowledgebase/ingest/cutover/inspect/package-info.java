/**
 * What a legacy file holds and what will happen with each oddity of it, before anything is begun. It reads only, in short
 * ranges, and judges every value by the same conversion that later moves it, so that it promises what will happen.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.inspect;

import org.jspecify.annotations.NullMarked;
