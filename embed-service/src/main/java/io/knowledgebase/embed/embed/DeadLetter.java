package io.knowledgebase.embed.embed;

import io.knowledgebase.schemas.event.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.springframework.kafka.support.KafkaHeaders;

/** Files a record that cannot be processed under the dead letters, with its cause, as Spring Kafka's recoverer does. */
final class DeadLetter {

    private DeadLetter() {}

    static ProducerRecord<String, byte[]> of(ConsumerRecord<String, byte[]> poison, Throwable cause) {
        ProducerRecord<String, byte[]> letter = new ProducerRecord<>(
                poison.topic() + Topics.DEAD_LETTER_SUFFIX, null, poison.key(), poison.value(), poison.headers());
        letter.headers()
                .add(KafkaHeaders.DLT_ORIGINAL_TOPIC, poison.topic().getBytes(StandardCharsets.UTF_8))
                .add(
                        KafkaHeaders.DLT_ORIGINAL_PARTITION,
                        ByteBuffer.allocate(Integer.BYTES)
                                .putInt(poison.partition())
                                .array())
                .add(
                        KafkaHeaders.DLT_ORIGINAL_OFFSET,
                        ByteBuffer.allocate(Long.BYTES).putLong(poison.offset()).array())
                .add(KafkaHeaders.DLT_EXCEPTION_FQCN, cause.getClass().getName().getBytes(StandardCharsets.UTF_8))
                .add(
                        KafkaHeaders.DLT_EXCEPTION_MESSAGE,
                        String.valueOf(cause.getMessage()).getBytes(StandardCharsets.UTF_8));
        return letter;
    }
}
