package io.knowledgebase.embed.write;

import io.knowledgebase.schemas.event.DocumentEmbedded;
import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.DocumentRemoved;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.micrometer.core.instrument.Timer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.listener.MessageListener;

/** Hands the events of one generation to the writer; faults travel to the container's error handler. */
final class ChunkListener implements MessageListener<String, byte[]> {

    private final int generation;
    private final EventCodec codec;
    private final ChunkWriter writer;
    private final Timer timer;

    ChunkListener(int generation, EventCodec codec, ChunkWriter writer, Timer timer) {
        this.generation = generation;
        this.codec = codec;
        this.writer = writer;
        this.timer = timer;
    }

    @Override
    public void onMessage(ConsumerRecord<String, byte[]> consumed) {
        Event event = codec.read(consumed);
        if (generationOf(event) == generation) {
            timer.record(() -> writer.write(event));
        }
    }

    private static int generationOf(Event event) {
        if (event instanceof DocumentEmbedded part) {
            return part.generation();
        }
        if (event instanceof DocumentRejected rejected) {
            return rejected.generation();
        }
        if (event instanceof DocumentRemoved removed) {
            return removed.generation();
        }
        throw new IllegalArgumentException("not an event of kb.chunks: " + event.getClass());
    }
}
