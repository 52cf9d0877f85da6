package io.knowledgebase.search.search;

import io.knowledgebase.schemas.json.StrictJson;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.SparseVectorizer;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The objects of the search. */
@Configuration(proxyBeanMethods = false)
class SearchConfiguration {

    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return StrictJson::configure;
    }

    @Bean
    DenseVectorizer denseVectorizer() {
        return DenseVectorizer.miniLm();
    }

    @Bean
    Search search(
            JdbcTemplate jdbc,
            PlatformTransactionManager transactions,
            DenseVectorizer dense,
            SearchSettings settings,
            MeterRegistry meters) {
        TransactionTemplate readOnly = new TransactionTemplate(transactions);
        readOnly.setReadOnly(true);
        // The average length weighs documents' terms only, and only queries are read here.
        SparseVectorizer sparse = new SparseVectorizer(1);
        return new Search(
                new SearchStore(jdbc, readOnly, settings), dense, sparse, settings, new SearchMetrics(meters));
    }
}
