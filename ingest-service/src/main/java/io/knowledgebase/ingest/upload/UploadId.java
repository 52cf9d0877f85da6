package io.knowledgebase.ingest.upload;

/**
 * What an upload's document is known by.
 *
 * @param sourceId its name in its source
 */
public record UploadId(String sourceId) {

    public static final String SOURCE_TYPE = "upload";

    /**
     * That of a file whose uploader gives it no other name.
     *
     * @throws io.knowledgebase.schemas.problem.Problem if no upload can have that name
     */
    public static UploadId ofFile(String fileName) {
        return new UploadId(Fields.externalId(Fields.fileName(fileName)));
    }
}
