package io.knowledgebase.ingest.deadletter;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * The event of a dead letter without anything of its document's text.
 *
 * @param fields the fields around the chunks that have a simple value; null if the event is no JSON object
 * @param chunks how many chunks it holds, if it holds any
 * @param omitted names of the other fields
 */
record LetterPayload(
        int bytes,
        @Nullable Map<String, @Nullable Object> fields,
        @Nullable Integer chunks,
        List<String> omitted) {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String CHUNKS = "chunks";
    private static final int MOST_OMITTED = 20;
    private static final Set<String> SHOWN = Set.of(
            "documentId",
            "userId",
            "sourceType",
            "sourceId",
            "generation",
            "version",
            "attempt",
            "contentSha256",
            "contentBytes",
            "part",
            "last",
            "documentChunks",
            "embeddedChunks",
            "reusedChunks",
            "reason",
            "detail");

    LetterPayload {
        fields = fields == null ? null : Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        omitted = List.copyOf(omitted);
    }

    /** Reads an event token by token, so that its vectors never become objects. */
    static LetterPayload of(byte[] event) {
        try (JsonParser json = JSON.createParser(event)) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                LetterPayload read = read(event.length, json);
                if (json.nextToken() == null) {
                    return read;
                }
            }
        } catch (JacksonException e) { // that it is none is what there is to say
            return new LetterPayload(event.length, null, null, List.of());
        }
        return new LetterPayload(event.length, null, null, List.of());
    }

    private static LetterPayload read(int bytes, JsonParser json) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        Set<String> omitted = new LinkedHashSet<>();
        Integer chunks = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (SHOWN.contains(name) && isShown(json, value)) {
                fields.put(name, value(json, value));
            } else {
                if (omitted.size() < MOST_OMITTED) {
                    omitted.add(LetterHeaders.shortened(name));
                }
                int elements = skip(json, value);
                chunks = name.equals(CHUNKS) && value == JsonToken.START_ARRAY ? Integer.valueOf(elements) : chunks;
            }
        }
        return new LetterPayload(bytes, fields, chunks, new ArrayList<>(omitted));
    }

    private static boolean isShown(JsonParser json, JsonToken value) {
        return switch (value) {
            case VALUE_STRING, VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> true;
            case VALUE_NUMBER_INT -> json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
            default -> false;
        };
    }

    private static @Nullable Object value(JsonParser json, JsonToken value) {
        return switch (value) {
            case VALUE_STRING -> LetterHeaders.shortened(json.getString());
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> json.getLongValue();
            default -> null;
        };
    }

    /** Goes to the end of a value and answers how many elements it has, if it is an array. */
    private static int skip(JsonParser json, JsonToken value) {
        if (value != JsonToken.START_ARRAY) {
            json.skipChildren();
            return 0;
        }
        int elements = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            json.skipChildren();
            elements++;
        }
        return elements;
    }

    Optional<String> text(String name) {
        return fields != null && fields.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    Optional<Long> number(String name) {
        return fields != null && fields.get(name) instanceof Long number ? Optional.of(number) : Optional.empty();
    }
}
