package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.document.Documents;
import io.knowledgebase.ingest.seal.Seal;
import java.net.http.HttpClient;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The objects of the feature {@code cutover.qdrant}. */
@Configuration(proxyBeanMethods = false)
public class QdrantConfiguration {

    private static final Duration CONNECT = Duration.ofSeconds(5);

    @Bean
    QdrantImport qdrantImport(JdbcClient jdbc, TransactionTemplate transaction, Documents documents, Seal seal) {
        PointStore points = new PointStore(jdbc, transaction);
        ImportedStore imported = new ImportedStore(jdbc);
        return new QdrantImport(
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT)
                        .build(),
                points,
                new SourceStore(jdbc, seal),
                new Settlement(points, imported, documents),
                new ReportStore(jdbc));
    }
}
