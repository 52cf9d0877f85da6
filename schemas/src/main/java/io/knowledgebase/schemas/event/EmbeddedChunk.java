package io.knowledgebase.schemas.event;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;

/**
 * A passage of a document with its dense and its sparse vector.
 *
 * @param index position in the document, from 0
 * @param chunkId stays the same while the passage's text and the document do
 * @param section headings above the passage, outermost first, joined by {@code " › "}
 * @param page page the passage begins on, from 1
 * @param tokens word pieces of the text that was embedded
 * @param textHash SHA-256 of the text that was embedded, 64 hexadecimal digits
 * @param vector {@code float[dimension]}, unit length; in JSON base64 of little-endian 32-bit floats
 * @param terms ascending term ids, 1 to 1,000,000,000
 * @param termWeights BM25 weight of each of {@code terms}; in JSON base64 as {@code vector}
 */
@SuppressWarnings("ArrayRecordComponent") // vectors are handed on, never compared
public record EmbeddedChunk(
        int index,
        String chunkId,
        String text,
        @Nullable String section,
        @Nullable Integer page,
        int tokens,
        String textHash,

        @JsonSerialize(using = FloatsAsBase64.Serializer.class)
        @JsonDeserialize(using = FloatsAsBase64.Deserializer.class)
        float[] vector,

        int[] terms,

        @JsonSerialize(using = FloatsAsBase64.Serializer.class)
        @JsonDeserialize(using = FloatsAsBase64.Deserializer.class)
        float[] termWeights) {

    public EmbeddedChunk {
        Objects.requireNonNull(chunkId, "chunkId");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(textHash, "textHash");
        Objects.requireNonNull(vector, "vector");
        if (terms.length != termWeights.length) {
            throw new IllegalArgumentException(
                    "chunk " + index + " has " + terms.length + " terms but " + termWeights.length + " weights");
        }
    }
}
