package io.knowledgebase.embed;

import io.knowledgebase.schemas.access.AccessConfiguration;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.problem.ProblemAdvice;
import java.time.Clock;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.util.unit.DataSize;

/** Starts the embed service. */
@SpringBootApplication
@Import({AccessConfiguration.class, ProblemAdvice.class})
public class EmbedApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(EmbedApplication.class, arguments);
    }

    @Bean
    EventCodec eventCodec() {
        return new EventCodec("/kb/embed-service", Clock.systemUTC());
    }

    @Bean
    DataSize uploadLimit() {
        return DataSize.ofMegabytes(1);
    }
}
