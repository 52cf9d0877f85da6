package io.knowledgebase.search.search;

import io.knowledgebase.schemas.json.StrictJson;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.Models;
import io.knowledgebase.vectorizer.SparseVectorizer;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The objects of the search. */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class SearchConfiguration {

    private static final Duration MODEL_CHECK_INTERVAL = Duration.ofSeconds(2);

    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return StrictJson::configure;
    }

    @Bean
    DenseVectorizer denseVectorizer() {
        return DenseVectorizer.miniLm();
    }

    @Bean
    SearchStore searchStore(JdbcTemplate jdbc, PlatformTransactionManager transactions, SearchSettings settings) {
        TransactionTemplate readOnly = new TransactionTemplate(transactions);
        readOnly.setReadOnly(true);
        return new SearchStore(jdbc, readOnly, settings);
    }

    @Bean
    QueryModels queryModels(DenseVectorizer dense, SearchStore store, SearchSettings settings) {
        return new QueryModels(
                dense, new Models(settings.models().isEmpty() ? null : Path.of(settings.models())), store::models);
    }

    @Bean
    SchedulingConfigurer modelLoading(QueryModels models) {
        return registrar -> registrar.addFixedDelayTask(models, MODEL_CHECK_INTERVAL);
    }

    @Bean
    Search search(SearchStore store, QueryModels models, SearchSettings settings, MeterRegistry meters) {
        // The average length weighs documents' terms only, and only queries are read here.
        return new Search(store, models, new SparseVectorizer(1), settings, new SearchMetrics(meters));
    }
}
