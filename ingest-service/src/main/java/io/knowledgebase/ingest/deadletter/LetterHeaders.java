package io.knowledgebase.ingest.deadletter;

import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * The headers of a dead letter as text. Of an exception's message only the first line is shown, and of a stack trace the
 * classes and frames: what a parser says of what it could not read quotes it.
 *
 * @param texts by name; of several headers of one name the last one
 */
record LetterHeaders(@JsonValue Map<String, String> texts) {

    private static final int LONGEST_TEXT = 1000;
    private static final Set<String> NUMBERS = Set.of(
            KafkaHeaders.DLT_ORIGINAL_PARTITION,
            KafkaHeaders.DLT_ORIGINAL_OFFSET,
            KafkaHeaders.DLT_ORIGINAL_TIMESTAMP,
            KafkaHeaders.DELIVERY_ATTEMPT);
    private static final Set<String> STACK_TRACES =
            Set.of(KafkaHeaders.DLT_EXCEPTION_STACKTRACE, KafkaHeaders.DLT_KEY_EXCEPTION_STACKTRACE);
    private static final Set<String> MESSAGES =
            Set.of(KafkaHeaders.DLT_EXCEPTION_MESSAGE, KafkaHeaders.DLT_KEY_EXCEPTION_MESSAGE);
    private static final Pattern THROWABLE =
            Pattern.compile("(\\s*(?:Caused by: |Suppressed: ))?([\\w$]+\\.[\\w.$]+)(?::.*)?");
    private static final Pattern FRAME =
            Pattern.compile("\\s*(?:at [\\w.$/<>@-]+\\([\\w.$<>: -]+\\)|\\.\\.\\. \\d+ more)");

    LetterHeaders {
        texts = Collections.unmodifiableMap(new TreeMap<>(texts));
    }

    static LetterHeaders of(Headers headers) {
        Map<String, String> texts = new HashMap<>();
        for (Header header : headers) {
            texts.put(header.key(), text(header.key(), header.value() == null ? new byte[0] : header.value()));
        }
        return new LetterHeaders(texts);
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(texts.get(name)).filter(text -> !text.isBlank());
    }

    Optional<Long> number(String name) {
        return text(name).filter(text -> text.matches("[0-9]{1,18}")).map(Long::valueOf);
    }

    private static String text(String name, byte[] value) {
        if (NUMBERS.contains(name) && (value.length == Integer.BYTES || value.length == Long.BYTES)) {
            return new BigInteger(value).toString();
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            text = HexFormat.of().formatHex(value);
        }
        if (STACK_TRACES.contains(name)) {
            return withoutMessages(text);
        }
        return shortened(MESSAGES.contains(name) ? text.lines().findFirst().orElse("") : text);
    }

    private static String withoutMessages(String stackTrace) {
        StringBuilder kept = new StringBuilder();
        for (String line : stackTrace.lines().toList()) {
            Matcher throwable = THROWABLE.matcher(line);
            if (throwable.matches() && (kept.isEmpty() || throwable.group(1) != null)) {
                kept.append(line, 0, throwable.end(2)).append('\n');
            } else if (FRAME.matcher(line).matches()) {
                kept.append(line).append('\n');
            }
        }
        return kept.toString();
    }

    /** As much of a text as an answer shows. */
    static String shortened(String text) {
        return text.codePointCount(0, text.length()) <= LONGEST_TEXT
                ? text
                : text.substring(0, text.offsetByCodePoints(0, LONGEST_TEXT)) + "…";
    }
}
