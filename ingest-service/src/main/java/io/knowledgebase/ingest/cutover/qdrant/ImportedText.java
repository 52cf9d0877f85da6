package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.PointStore.SourceKey;
import io.knowledgebase.ingest.cutover.qdrant.regroup.LegacyChunk;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Regrouped.Assembled;
import io.knowledgebase.ingest.document.Content;
import io.knowledgebase.ingest.document.Submission;
import io.knowledgebase.ingest.notion.PageId;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** An imported document as its source would hand it in. */
final class ImportedText {

    private static final int EXTERNAL_ID_BYTES = 1024;
    private static final List<String> MARKDOWN = List.of(".md", ".markdown");

    private ImportedText() {}

    static Submission submission(SourceKey key, String name, Assembled document) {
        boolean isPage = key.sourceType().equals(PageId.SOURCE_TYPE);
        LegacyChunk first = document.chunks().get(0);
        boolean markdown = isPage || MARKDOWN.stream().anyMatch(key.source().toLowerCase(Locale.ROOT)::endsWith);
        String title = any(document, LegacyChunk::title);
        ObjectNode metadata = JsonMapper.shared().createObjectNode().put("imported", "qdrant");
        if (isPage && first.edited() != null) {
            metadata.put("modified", first.edited());
        }
        if (!isPage && first.fileType() != null) {
            metadata.put("fileType", first.fileType());
        }
        if (!isPage && first.totalPages() != null) {
            metadata.put("pageCount", first.totalPages());
        }
        return new Submission(
                key.owner(),
                key.sourceType(),
                name,
                null, // a name like report.pdf would be taken for a hint at what the text is
                markdown ? "text/markdown" : "text/plain",
                isPage ? Objects.requireNonNullElse(title, "Untitled") : title,
                url(any(document, LegacyChunk::url)),
                metadata.toString(),
                Content.of(document.joined().text().getBytes(StandardCharsets.UTF_8)));
    }

    private static @Nullable String any(Assembled document, Function<LegacyChunk, @Nullable String> field) {
        return document.chunks().stream()
                .map(field)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Null for what is no URL of the web. */
    private static @Nullable String url(@Nullable String given) {
        try {
            URI uri = given == null ? null : new URI(given.strip());
            boolean web = uri != null
                    && ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
                    && uri.getRawAuthority() != null;
            return web ? String.valueOf(uri) : null;
        } catch (URISyntaxException e) {
            return null; // a document without a link is better than none
        }
    }

    /** The name of one of several files of the same name. */
    static String numbered(String name, int number) {
        String end = " (" + number + ")";
        String cut = name;
        while ((cut + end).getBytes(StandardCharsets.UTF_8).length > EXTERNAL_ID_BYTES) {
            cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
        }
        return cut + end;
    }

    /** SHA-256 of all that is handed in. */
    static byte[] digest(Submission submission) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        Stream.of(
                        submission.content().sha256(),
                        submission.contentType(),
                        submission.title(),
                        submission.sourceUrl(),
                        submission.metadata())
                .forEach(part -> {
                    byte[] bytes = part == null ? new byte[0] : part.getBytes(StandardCharsets.UTF_8);
                    digest.update(ByteBuffer.allocate(Integer.BYTES)
                            .putInt(part == null ? -1 : bytes.length)
                            .array());
                    digest.update(bytes);
                });
        return digest.digest();
    }
}
