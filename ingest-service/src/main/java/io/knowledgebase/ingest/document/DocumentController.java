package io.knowledgebase.ingest.document;

import static java.util.stream.Collectors.toSet;

import io.knowledgebase.ingest.document.DocumentStore.Original;
import io.knowledgebase.ingest.publish.Publisher;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Places;
import io.knowledgebase.schemas.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** A user's documents over HTTP; somebody else's do not exist. */
@RestController
@RequestMapping("/v1/documents")
final class DocumentController {

    private static final Logger LOG = LoggerFactory.getLogger(DocumentController.class);
    private static final int LARGEST_PAGE = 500;
    private static final Set<String> PARAMETERS = Set.of("status", "sourceType", "q", "limit", "after");

    private final DocumentStore store;
    private final StatusStreams streams;
    private final Publisher publisher;
    private final Places downloads;

    DocumentController(DocumentStore store, StatusStreams streams, Publisher publisher, Places downloads) {
        this.store = store;
        this.streams = streams;
        this.publisher = publisher;
        this.downloads = downloads;
    }

    @GetMapping
    Page list(
            Caller caller,
            HttpServletRequest request,
            @RequestParam(defaultValue = "") List<String> status,
            @RequestParam(defaultValue = "") List<String> sourceType,
            @RequestParam(defaultValue = "") String q,
            @RequestParam(defaultValue = "50") int limit,
            @RequestParam(required = false) @Nullable String after) {
        request.getParameterMap().keySet().stream()
                .filter(name -> !PARAMETERS.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw Problem.badField(name, "There is no filter " + name + ".");
                });
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw Problem.badField("limit", "limit is a number from 1 to " + LARGEST_PAGE + ".");
        }
        DocumentFilter filter = new DocumentFilter(
                statuses(status),
                sourceType.stream().map(CleanText::of).collect(toSet()),
                CleanText.of(q),
                limit,
                after == null
                        ? null
                        : Cursor.decode(after)
                                .orElseThrow(() -> Problem.badField(
                                        "after", "after is the value of next in the answer before this page.")));
        List<DocumentView> documents = store.list(caller.userId(), filter);
        return Page.of(documents, limit);
    }

    @GetMapping("/summary")
    Map<String, Long> summary(Caller caller) {
        Map<String, Long> summary = new LinkedHashMap<>();
        store.count(caller.userId()).forEach((status, count) -> summary.put(status.code(), count));
        return summary;
    }

    @GetMapping("/{documentId}")
    DocumentView one(Caller caller, @PathVariable UUID documentId) {
        return store.read(caller.userId(), documentId).orElseThrow(DocumentController::unknown);
    }

    @GetMapping("/{documentId}/content")
    void content(Caller caller, @PathVariable UUID documentId, HttpServletResponse response) throws IOException {
        downloads.run(() -> send(
                store.original(caller.userId(), documentId).orElseThrow(DocumentController::unknown),
                documentId,
                response));
    }

    private void send(Original original, UUID documentId, HttpServletResponse response) throws IOException {
        response.setContentType(
                original.contentType() == null ? MediaType.APPLICATION_OCTET_STREAM_VALUE : original.contentType());
        response.setContentLengthLong(original.contentBytes());
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader(
                HttpHeaders.CONTENT_DISPOSITION,
                ContentDisposition.attachment()
                        .filename(withoutFolders(original.fileName()), StandardCharsets.UTF_8)
                        .build()
                        .toString());
        OutputStream out = response.getOutputStream();
        out.write(original.firstPart());
        long sent = original.firstPart().length;
        for (int part = 1; sent < original.contentBytes(); part++) {
            byte[] data = part(original, documentId, part);
            out.write(data);
            sent += data.length;
        }
    }

    @GetMapping(path = "/{documentId}/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    SseEmitter events(Caller caller, @PathVariable UUID documentId) {
        return streams.open(store.read(caller.userId(), documentId).orElseThrow(DocumentController::unknown));
    }

    @DeleteMapping("/{documentId}")
    ResponseEntity<Void> delete(Caller caller, @PathVariable UUID documentId) {
        switch (store.delete(caller.userId(), documentId)) {
            case UNKNOWN -> throw unknown();
            case DELETED -> {
                publisher.wake();
                LOG.info("event=deleted documentId={}", documentId);
            }
            case DELETED_BEFORE -> {}
        }
        return ResponseEntity.noContent().build();
    }

    @PostMapping("/{documentId}/requeue")
    ResponseEntity<DocumentView> requeue(Caller caller, @PathVariable UUID documentId) {
        String owner = caller.scopes().contains(Caller.ADMIN) ? null : caller.userId();
        DocumentView document = store.requeue(owner, documentId).orElseThrow(DocumentController::unknown);
        if (document.status() == DocumentStatus.DELETED) {
            throw Problem.conflict("The document is deleted; upload it again.");
        }
        publisher.wake();
        LOG.info("event=requeued documentId={} attempt={}", documentId, document.attempt());
        return ResponseEntity.accepted().body(document);
    }

    /** The answer has begun, so a failure must break the connection: a problem detail would become content. */
    private byte[] part(Original original, UUID documentId, int part) throws IOException {
        try {
            return store.part(original.contentSha256(), part)
                    .orElseThrow(() -> new IOException("the content of " + documentId + " is gone at part " + part));
        } catch (DataAccessException e) {
            throw new IOException("the content of " + documentId + " cannot be read at part " + part, e);
        }
    }

    private static Set<DocumentStatus> statuses(List<String> codes) {
        if (codes.isEmpty()) {
            return EnumSet.complementOf(EnumSet.of(DocumentStatus.DELETED));
        }
        return codes.stream()
                .map(code -> DocumentStatus.ofCode(code)
                        .orElseThrow(() ->
                                Problem.badField("status", "status is one of accepted, indexed, failed and deleted.")))
                .collect(toSet());
    }

    /** What a client may save it as without leaving the folder it saves to. */
    private static String withoutFolders(String fileName) {
        String name = fileName.substring(1 + Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')));
        return name.isBlank() ? "document" : name;
    }

    private static Problem unknown() {
        return Problem.notFound("There is no such document.");
    }

    /**
     * A page of documents.
     *
     * @param next what to give as {@code after} for the next page; null on the last one
     */
    record Page(List<DocumentView> documents, @Nullable String next) {

        Page {
            documents = List.copyOf(documents);
        }

        static Page of(List<DocumentView> documents, int limit) {
            if (documents.size() < limit) {
                return new Page(documents, null);
            }
            DocumentView last = documents.get(documents.size() - 1);
            return new Page(documents, new Cursor(last.createdAt(), last.documentId()).encode());
        }
    }
}
