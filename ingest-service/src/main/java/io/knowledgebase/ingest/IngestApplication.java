package io.knowledgebase.ingest;

import io.knowledgebase.ingest.cutover.CutoverConfiguration;
import io.knowledgebase.ingest.deadletter.DeadLetterConfiguration;
import io.knowledgebase.ingest.document.DocumentConfiguration;
import io.knowledgebase.ingest.notion.api.ApiConfiguration;
import io.knowledgebase.ingest.notion.connection.ConnectionConfiguration;
import io.knowledgebase.ingest.notion.sync.SyncConfiguration;
import io.knowledgebase.ingest.notion.webhook.WebhookConfiguration;
import io.knowledgebase.ingest.publish.PublishConfiguration;
import io.knowledgebase.ingest.replay.ReplayConfiguration;
import io.knowledgebase.ingest.upload.UploadConfiguration;
import io.knowledgebase.schemas.access.AccessConfiguration;
import io.knowledgebase.schemas.problem.ProblemAdvice;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** Starts the ingest service. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
    AccessConfiguration.class,
    ProblemAdvice.class,
    UploadConfiguration.class,
    DocumentConfiguration.class,
    PublishConfiguration.class,
    DeadLetterConfiguration.class,
    ReplayConfiguration.class,
    ApiConfiguration.class,
    ConnectionConfiguration.class,
    SyncConfiguration.class,
    WebhookConfiguration.class,
    CutoverConfiguration.class
})
public class IngestApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(IngestApplication.class, arguments);
    }
}
