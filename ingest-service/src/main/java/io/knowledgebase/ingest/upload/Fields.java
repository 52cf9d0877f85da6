package io.knowledgebase.ingest.upload;

import io.knowledgebase.ingest.document.CleanText;
import io.knowledgebase.schemas.json.StrictJson;
import io.knowledgebase.schemas.problem.Problem;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks and cleans what a client says about a document; what cannot be mended is a 400 that names the field. */
final class Fields {

    static final JsonMapper JSON = json();

    private static final int EXTERNAL_ID_BYTES = 1024;
    private static final int TITLE_CHARACTERS = 1000;
    private static final int SOURCE_URL_CHARACTERS = 2000;
    private static final int METADATA_BYTES = 16 * 1024;
    private static final int CONTENT_TYPE_CHARACTERS = 255;
    private static final int METADATA_DEPTH = 50;
    // PostgreSQL writes 1e1000 out, and readers of JSON refuse 1,001 digits.
    private static final int NUMBER_DIGITS = 40;

    private Fields() {}

    private static JsonMapper json() {
        JsonMapper.Builder json = JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
        StrictJson.configure(json);
        return json.build();
    }

    static String externalId(@Nullable String given) {
        if (given == null || given.isBlank()) {
            throw Problem.badField("externalId", "externalId is missing or blank.");
        }
        String externalId = CleanText.of(given);
        if (externalId.getBytes(StandardCharsets.UTF_8).length > EXTERNAL_ID_BYTES) {
            throw Problem.badField("externalId", "externalId is longer than 1,024 bytes of UTF-8.");
        }
        return externalId;
    }

    /** Never used as a path, so it may contain anything but what a terminal would obey. */
    static String fileName(String given) {
        String name = CleanText.of(given)
                .codePoints()
                .map(c -> Character.getType(c) == Character.CONTROL ? '\uFFFD' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        if (name.getBytes(StandardCharsets.UTF_8).length > EXTERNAL_ID_BYTES) {
            throw Problem.badField("file", "The file name is longer than 1,024 bytes of UTF-8.");
        }
        return name;
    }

    static @Nullable String contentType(@Nullable String declared) {
        if (declared == null || declared.isBlank() || declared.length() > CONTENT_TYPE_CHARACTERS) {
            return null;
        }
        try {
            return CleanText.of(MediaType.parseMediaType(declared).toString());
        } catch (InvalidMediaTypeException e) {
            return null; // a wrong hint is no hint
        }
    }

    static @Nullable String title(@Nullable String given) {
        if (given == null || given.isBlank()) {
            return null;
        }
        if (given.codePointCount(0, given.length()) > TITLE_CHARACTERS) {
            throw Problem.badField("title", "title is longer than 1,000 characters.");
        }
        return CleanText.of(given);
    }

    static @Nullable String sourceUrl(@Nullable String given) {
        if (given == null || given.isBlank()) {
            return null;
        }
        if (given.length() > SOURCE_URL_CHARACTERS) {
            throw Problem.badField("sourceUrl", "sourceUrl is longer than 2,000 characters.");
        }
        String sourceUrl = CleanText.of(given.strip());
        try {
            URI uri = new URI(sourceUrl);
            boolean web = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (web && uri.getRawAuthority() != null) {
                return sourceUrl;
            }
        } catch (URISyntaxException e) {
            throw Problem.badField("sourceUrl", "sourceUrl is not a URL: " + e.getReason() + ".");
        }
        throw Problem.badField("sourceUrl", "sourceUrl must be an absolute http or https URL.");
    }

    static String metadata(@Nullable String given) {
        if (given == null || given.isBlank()) {
            return "{}";
        }
        if (given.getBytes(StandardCharsets.UTF_8).length > METADATA_BYTES) {
            throw metadataTooLong();
        }
        try {
            return metadata(JSON.readTree(given));
        } catch (JacksonException e) {
            throw Problem.badField("metadata", "metadata is not valid JSON.");
        }
    }

    static String metadata(@Nullable JsonNode given) {
        if (given == null || given.isNull()) {
            return "{}";
        }
        if (!given.isObject()) {
            throw Problem.badField("metadata", "metadata must be a JSON object.");
        }
        String metadata = JSON.writeValueAsString(clean(given, 1));
        if (metadata.getBytes(StandardCharsets.UTF_8).length > METADATA_BYTES) {
            throw metadataTooLong();
        }
        return metadata;
    }

    static void onlyKnown(Set<String> given, Set<String> known, String kind) {
        given.stream().filter(name -> !known.contains(name)).findFirst().ifPresent(name -> {
            throw Problem.badField(CleanText.of(name), "There is no " + kind + " " + CleanText.of(name) + ".");
        });
    }

    private static Problem metadataTooLong() {
        return Problem.badField("metadata", "metadata is longer than 16 KiB.");
    }

    private static JsonNode clean(JsonNode node, int depth) {
        if (node.isContainer() && depth > METADATA_DEPTH) {
            throw Problem.badField("metadata", "metadata is nested deeper than " + METADATA_DEPTH + " levels.");
        }
        if (node.isObject()) {
            ObjectNode cleaned = JSON.createObjectNode();
            node.properties()
                    .forEach(field -> cleaned.set(CleanText.of(field.getKey()), clean(field.getValue(), depth + 1)));
            return cleaned;
        }
        if (node.isArray()) {
            ArrayNode cleaned = JSON.createArrayNode();
            node.values().forEach(value -> cleaned.add(clean(value, depth + 1)));
            return cleaned;
        }
        if (node.isString()) {
            return JSON.getNodeFactory().stringNode(CleanText.of(node.stringValue()));
        }
        if (node.isNumber()) {
            BigDecimal number = node.decimalValue();
            if (number.precision() > NUMBER_DIGITS || Math.abs((long) number.scale()) > NUMBER_DIGITS) {
                throw Problem.badField(
                        "metadata", "metadata holds a number of more than " + NUMBER_DIGITS + " digits.");
            }
        }
        return node;
    }
}
