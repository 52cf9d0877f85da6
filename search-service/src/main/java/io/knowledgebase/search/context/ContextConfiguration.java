package io.knowledgebase.search.context;

import io.knowledgebase.vectorizer.DenseVectorizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The objects of the context. */
@Configuration(proxyBeanMethods = false)
class ContextConfiguration {

    @Bean
    ContextBlock contextBlock(DenseVectorizer dense) {
        return new ContextBlock(dense.wordPieces()::count);
    }
}
