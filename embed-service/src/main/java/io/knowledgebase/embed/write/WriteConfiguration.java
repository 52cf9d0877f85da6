package io.knowledgebase.embed.write;

import io.knowledgebase.schemas.event.EventCodec;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WriteSettings.class)
class WriteConfiguration {

    @Bean
    ChunkStore chunkStore(JdbcTemplate jdbc) {
        return new ChunkStore(jdbc);
    }

    @Bean
    ChunkWriter chunkWriter(ChunkStore store, TransactionTemplate transaction) {
        return new ChunkWriter(store, transaction);
    }

    @Bean
    WriteFeed writeFeed(
            EventCodec codec,
            ChunkWriter writer,
            ChunkStore store,
            KafkaTemplate<String, byte[]> template,
            WriteSettings settings,
            KafkaProperties kafka,
            MeterRegistry registry) {
        WriteErrors errors = new WriteErrors(template, new FailedDocuments(writer, store, codec), settings);
        return new WriteFeed(codec, writer, errors, settings, kafka, registry);
    }
}
