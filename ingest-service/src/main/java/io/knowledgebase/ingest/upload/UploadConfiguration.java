package io.knowledgebase.ingest.upload;

import io.knowledgebase.ingest.document.Documents;
import io.knowledgebase.schemas.problem.Places;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.MultipartConfigElement;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.servlet.MultipartConfigFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.json.JsonMapper;

/** The objects of the feature {@code upload}. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(UploadSettings.class)
public class UploadConfiguration {

    private static final long FIELDS_BYTES = 1024 * 1024;

    /** Everything goes to disk, so that memory does not depend on how much is uploaded at once. */
    @Bean
    MultipartConfigElement multipartConfiguration(UploadSettings settings) {
        MultipartConfigFactory multipart = new MultipartConfigFactory();
        multipart.setLocation(settings.spoolDirectory());
        multipart.setMaxFileSize(settings.maxSize());
        multipart.setMaxRequestSize(DataSize.ofBytes(settings.maxSize().toBytes() + FIELDS_BYTES));
        multipart.setFileSizeThreshold(DataSize.ofBytes(0));
        return multipart.createMultipartConfig();
    }

    /** For the sentence of a 413. */
    @Bean
    DataSize uploadLimit(UploadSettings settings) {
        return settings.maxSize();
    }

    @Bean
    Intake intake(Documents documents, UploadSettings settings, MeterRegistry meters) {
        return new Intake(documents, settings.largeWrites(), meters);
    }

    @Bean
    UploadController uploadController(Intake intake, UploadSettings settings, JsonMapper json) {
        return new UploadController(
                intake,
                new Batch(intake, settings, json),
                new Places(settings.batches(), "All " + settings.batches() + " batches are taken."));
    }
}
