package io.knowledgebase.embed.write;

import org.springframework.context.ApplicationContext;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;

/** Ends the consumers of chunks as an error in one of them does. */
public final class BrokenWriting {

    private BrokenWriting() {}

    public static void in(ApplicationContext service) {
        for (ConcurrentMessageListenerContainer<String, byte[]> writing :
                service.getBean(WriteFeed.class).running()) {
            writing.stop();
            writing.getApplicationEventPublisher()
                    .publishEvent(new ConsumerStoppedEvent(writing, writing, ConsumerStoppedEvent.Reason.ERROR));
        }
    }
}
