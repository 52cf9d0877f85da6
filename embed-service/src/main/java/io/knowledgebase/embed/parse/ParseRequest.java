package io.knowledgebase.embed.parse;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What a worker is asked besides the file; Tika's pipes carry it in the parse context.
 *
 * @param extraction path of the {@link ExtractionFile} to write
 * @param fileName a hint for the detection of the type
 */
public record ParseRequest(String extraction, @Nullable String fileName) implements Serializable {}
