package io.knowledgebase.search;

import io.knowledgebase.schemas.access.AccessConfiguration;
import io.knowledgebase.schemas.problem.ProblemAdvice;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.util.unit.DataSize;

/** Starts the search service. */
@SpringBootApplication(proxyBeanMethods = false)
@ConfigurationPropertiesScan
@Import({AccessConfiguration.class, ProblemAdvice.class})
public class SearchApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(SearchApplication.class, arguments);
    }

    /** Nothing is uploaded here: the limit on a request's body stands in {@code application.yaml}. */
    @Bean
    DataSize uploadLimit() {
        return DataSize.ofMegabytes(1);
    }
}
