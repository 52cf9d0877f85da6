package io.knowledgebase.ingest.upload;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What an upload may be.
 *
 * @param maxSize largest file
 * @param spoolDirectory where files lie while they are being received; empty for the server's temporary folder
 * @param largeWrites files over 1 MiB that are written to PostgreSQL at once; further ones wait on disk
 * @param batchLines documents in one batch request
 * @param batchLineSize longest line of a batch request, in UTF-8
 * @param batchTransaction lines of a batch request that are stored in one transaction
 * @param batches batch requests that may run at once, each holding up to 4 MiB of texts; further ones are answered with
 *     503
 */
@ConfigurationProperties(prefix = "kb.upload", ignoreUnknownFields = false)
public record UploadSettings(
        @DefaultValue("100MB") DataSize maxSize,
        @DefaultValue("") String spoolDirectory,
        @DefaultValue("4") int largeWrites,
        @DefaultValue("10000") int batchLines,
        @DefaultValue("1MB") DataSize batchLineSize,
        @DefaultValue("100") int batchTransaction,
        @DefaultValue("8") int batches) {}
