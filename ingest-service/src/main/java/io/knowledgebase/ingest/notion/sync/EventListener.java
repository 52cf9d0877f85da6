package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.schemas.event.NotionEventCodec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.listener.MessageListener;

/** Takes Notion's events from Kafka; what fails is for the container's error handler. */
final class EventListener implements MessageListener<String, byte[]> {

    private final NotionEventCodec codec;
    private final Events events;

    EventListener(NotionEventCodec codec, Events events) {
        this.codec = codec;
        this.events = events;
    }

    @Override
    public void onMessage(ConsumerRecord<String, byte[]> consumed) {
        events.take(codec.read(consumed));
    }
}
