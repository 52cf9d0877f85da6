package io.knowledgebase.ingest.upload;

import io.knowledgebase.ingest.document.Accepted;
import io.knowledgebase.ingest.document.Content;
import io.knowledgebase.ingest.document.Submission;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Places;
import io.knowledgebase.schemas.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.multipart.MultipartHttpServletRequest;

/** Uploads over HTTP. */
@RestController
@RequestMapping("/v1/documents")
final class UploadController {

    private static final String SOURCE_TYPE = UploadId.SOURCE_TYPE;
    private static final String FILE = "file";
    private static final Set<String> FIELDS = Set.of("externalId", "title", "sourceUrl", "metadata");

    private final Intake intake;
    private final Batch batch;
    private final Places batches;

    UploadController(Intake intake, Batch batch, Places batches) {
        this.intake = intake;
        this.batch = batch;
        this.batches = batches;
    }

    @PostMapping
    ResponseEntity<Accepted> upload(Caller caller, HttpServletRequest request) throws IOException {
        Accepted accepted = intake.take(() -> submission(caller, request));
        return (accepted.unchanged() ? ResponseEntity.ok() : ResponseEntity.accepted())
                .location(URI.create("/v1/documents/" + accepted.documentId()))
                .body(accepted);
    }

    @PostMapping(path = "/batch", consumes = MediaType.APPLICATION_NDJSON_VALUE)
    void batch(Caller caller, HttpServletRequest request, HttpServletResponse response) throws IOException {
        batches.run(() -> {
            response.setContentType(MediaType.APPLICATION_NDJSON_VALUE);
            batch.run(caller.userId(), request.getInputStream(), response.getOutputStream());
        });
    }

    private static Submission submission(Caller caller, HttpServletRequest request) throws IOException {
        if (!(request instanceof MultipartHttpServletRequest form)) {
            throw Problem.badField(FILE, "Send multipart/form-data with the document in a part named file.");
        }
        Fields.onlyKnown(form.getMultiFileMap().keySet(), Set.of(FILE), "file part");
        Fields.onlyKnown(form.getParameterMap().keySet(), FIELDS, "field");
        List<MultipartFile> files = form.getFiles(FILE);
        if (files.size() != 1) {
            throw Problem.badField(FILE, "The request needs exactly one file in a part named file.");
        }
        MultipartFile file = files.get(0);
        String fileName = Fields.fileName(Objects.requireNonNullElse(file.getOriginalFilename(), ""));
        String externalId = field(form, "externalId");
        if (externalId == null && fileName.isBlank()) {
            throw Problem.badField("externalId", "The file has no name, so externalId is needed.");
        }
        return new Submission(
                caller.userId(),
                SOURCE_TYPE,
                Fields.externalId(externalId == null ? fileName : externalId),
                fileName.isBlank() ? null : fileName,
                Fields.contentType(file.getContentType()),
                Fields.title(field(form, "title")),
                Fields.sourceUrl(field(form, "sourceUrl")),
                Fields.metadata(field(form, "metadata")),
                Content.of(file::getInputStream));
    }

    private static @Nullable String field(MultipartHttpServletRequest form, String name) {
        Map<String, String[]> parameters = form.getParameterMap();
        String[] values = parameters.get(name);
        if (values != null && values.length > 1) {
            throw Problem.badField(name, name + " is given more than once.");
        }
        return values == null ? null : values[0];
    }
}
