package io.knowledgebase.search.search;

import io.knowledgebase.schemas.json.StrictJson;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.Models;
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
    RecentQueries recentQueries() {
        return new RecentQueries();
    }

    @Bean
    SelfTest selfTest(SearchStore store, RecentQueries recent, MeterRegistry meters) {
        return new SelfTest(store, recent, meters);
    }

    @Bean
    SchedulingConfigurer background(QueryModels models, SelfTest selfTest, SearchSettings settings) {
        return registrar -> {
            registrar.addFixedDelayTask(models, MODEL_CHECK_INTERVAL);
            registrar.addFixedDelayTask(selfTest, settings.selfTestInterval());
        };
    }

    @Bean
    Search search(
            SearchStore store,
            QueryModels models,
            RecentQueries recent,
            SearchSettings settings,
            MeterRegistry meters) {
        return new Search(store, models, recent, settings, new SearchMetrics(meters));
    }
}
