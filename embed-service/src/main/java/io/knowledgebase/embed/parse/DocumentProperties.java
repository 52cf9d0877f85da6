package io.knowledgebase.embed.parse;

import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.metadata.Office;
import org.apache.tika.metadata.PagedText;
import org.apache.tika.metadata.Property;
import org.apache.tika.metadata.TikaCoreProperties;
import org.apache.tika.mime.MediaType;
import org.jspecify.annotations.Nullable;

/** What a document says of itself, under the names that searches filter by. */
final class DocumentProperties {

    private static final int MAX_CHARACTERS = 300;
    private static final int MAX_AUTHORS = 20;

    private DocumentProperties() {}

    static @Nullable String title(Metadata metadata, @Nullable String firstHeading) {
        String property = clean(metadata.get(TikaCoreProperties.TITLE));
        return property != null ? property : clean(firstHeading);
    }

    static String contentType(Metadata metadata) {
        MediaType type = MediaType.parse(metadata.get(Metadata.CONTENT_TYPE));
        return (type == null ? MediaType.OCTET_STREAM : type.getBaseType())
                .toString()
                .toLowerCase(Locale.ROOT);
    }

    /**
     * The properties there are.
     *
     * @return {@code author} (several joined by commas), {@code created} and {@code modified} (as ISO 8601), {@code
     *     language} (ISO 639-1), {@code pageCount}, {@code contentType}
     */
    static Map<String, Object> of(Metadata metadata) {
        Map<String, Object> properties = new TreeMap<>();
        properties.put("contentType", contentType(metadata));
        String authors = Arrays.stream(metadata.getValues(TikaCoreProperties.CREATOR))
                .map(DocumentProperties::clean)
                .filter(author -> author != null)
                .distinct()
                .limit(MAX_AUTHORS)
                .collect(Collectors.joining(", "));
        if (!authors.isEmpty()) {
            properties.put("author", authors);
        }
        put(properties, "created", time(metadata, TikaCoreProperties.CREATED));
        put(properties, "modified", time(metadata, TikaCoreProperties.MODIFIED));
        put(properties, "language", declaredLanguage(metadata));
        for (Property count : new Property[] {PagedText.N_PAGES, Office.PAGE_COUNT, Office.SLIDE_COUNT}) {
            Integer pages = metadata.getInt(count);
            if (pages != null && pages > 0) {
                properties.putIfAbsent("pageCount", pages);
            }
        }
        return properties;
    }

    /** To the second, in UTC; what has no zone is taken for UTC. */
    private static @Nullable String time(Metadata metadata, Property property) {
        Date date = metadata.getDate(property);
        return date == null
                ? metadata.get(property)
                : date.toInstant().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static @Nullable String declaredLanguage(Metadata metadata) {
        String declared = metadata.get(TikaCoreProperties.LANGUAGE);
        if (declared == null) {
            return null;
        }
        String language =
                Locale.forLanguageTag(declared.strip().replace('_', '-')).getLanguage();
        return language.isEmpty() ? null : language;
    }

    private static void put(Map<String, Object> properties, String name, @Nullable String raw) {
        String value = clean(raw);
        if (value != null) {
            properties.put(name, value);
        }
    }

    private static @Nullable String clean(@Nullable String raw) {
        String text = CleanText.line(raw, MAX_CHARACTERS);
        return text.isEmpty() ? null : text;
    }
}
