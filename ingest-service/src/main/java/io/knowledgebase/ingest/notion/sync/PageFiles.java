package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.document.CleanText;
import io.knowledgebase.ingest.document.Content;
import io.knowledgebase.ingest.document.Documents;
import io.knowledgebase.ingest.document.Submission;
import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.api.NotionApi;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.connection.Connections.Reader;
import io.knowledgebase.ingest.notion.render.Attachment;
import io.knowledgebase.schemas.DocumentId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The files of a page, each a document of its own. One that cannot be had never keeps its page from being indexed. */
final class PageFiles {

    private static final Logger LOG = LoggerFactory.getLogger(PageFiles.class);
    private static final int NAME_CHARACTERS = 250;

    private final EntityStore entities;
    private final Documents documents;
    private final NotionApi api;
    private final NotionSettings settings;

    PageFiles(EntityStore entities, Documents documents, NotionApi api, NotionSettings settings) {
        this.entities = entities;
        this.documents = documents;
        this.api = api;
        this.settings = settings;
    }

    /** Indexes what is new or was edited, and removes what is no longer there. */
    void update(UUID connectionId, Reader reader, Entity page, String pageUrl, List<Attachment> attachments) {
        Map<String, String> known = entities.files(connectionId, page.entityId());
        Set<String> left = new HashSet<>(known.keySet());
        if (settings.files()) {
            for (Attachment file : attachments) {
                left.remove(file.id());
                if (!file.version().equals(known.get(file.id()))) {
                    index(connectionId, reader, page, pageUrl, file);
                }
            }
        }
        for (String fileId : left) {
            remove(connectionId, reader.userId(), page.entityId(), fileId);
        }
    }

    void remove(UUID connectionId, String userId, UUID pageId, String fileId) {
        documents.delete(userId, DocumentId.of(userId, PageReader.SOURCE_TYPE, fileId));
        entities.removeFile(connectionId, pageId, fileId);
    }

    private void index(UUID connectionId, Reader reader, Entity page, String pageUrl, Attachment file) {
        String detail = null;
        // Put down first: what is there is found when the page goes.
        entities.saveFile(connectionId, page.entityId(), file.id(), file.version(), "not fetched yet");
        try {
            Path spooled = Files.createTempFile("kb-notion-", ".file");
            try {
                download(reader, file, spooled);
                documents.accept(List.of(submission(reader, page, pageUrl, file, spooled)));
            } finally {
                Files.delete(spooled);
            }
        } catch (NotionException e) {
            switch (e.kind()) {
                case AWAY, BUSY, UNAUTHORIZED -> throw e; // the page is read again
                default -> detail = e.getMessage();
            }
            LOG.warn(
                    "event=notion-file-failed connectionId={} pageId={} fileId={} detail=\"{}\"",
                    connectionId,
                    page.entityId(),
                    file.id(),
                    detail);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        entities.saveFile(connectionId, page.entityId(), file.id(), file.version(), detail);
    }

    /** An address is valid for an hour, and the page may have taken longer to be read: then the block has a new one. */
    private void download(Reader reader, Attachment file, Path target) {
        try {
            api.download(file.url(), target, settings.maxFileSize().toBytes());
        } catch (NotionException e) {
            if (e.kind() != NotionException.Kind.FORBIDDEN || file.id().contains("/")) {
                throw e;
            }
            var block = reader.client().block(file.id());
            String url = block.path(block.path("type").asString(""))
                    .path("file")
                    .path("url")
                    .asString("");
            api.download(url, target, settings.maxFileSize().toBytes());
        }
    }

    private static Submission submission(Reader reader, Entity page, String pageUrl, Attachment file, Path spooled)
            throws IOException {
        ObjectNode metadata = JsonMapper.shared().createObjectNode();
        metadata.put("workspace", CleanText.of(reader.workspaceName()));
        metadata.put("path", CleanText.of(Ancestry.join(page.path(), page.title())));
        metadata.put("pageId", page.entityId().toString());
        String name = CleanText.of(file.name()).replaceAll("\\p{Cntrl}", "\uFFFD");
        return new Submission(
                reader.userId(),
                PageReader.SOURCE_TYPE,
                file.id(),
                name.length() > NAME_CHARACTERS ? name.substring(name.length() - NAME_CHARACTERS) : name,
                null,
                null,
                pageUrl.isEmpty() ? null : pageUrl,
                JsonMapper.shared().writeValueAsString(metadata),
                Content.of(() -> Files.newInputStream(spooled)));
    }
}
