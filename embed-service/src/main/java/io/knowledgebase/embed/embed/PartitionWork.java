package io.knowledgebase.embed.embed;

import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The records of one assigned partition that wait, and the one under way. Only the polling thread touches it, but for
 * {@link #isCancelled()}.
 */
final class PartitionWork {

    private final Deque<ConsumerRecord<String, byte[]>> waiting = new ArrayDeque<>();
    private boolean busy;
    private volatile boolean cancelled;

    void add(ConsumerRecord<String, byte[]> consumed) {
        waiting.add(consumed);
    }

    boolean canStart() {
        return !busy && !waiting.isEmpty();
    }

    ConsumerRecord<String, byte[]> start() {
        busy = true;
        return waiting.remove();
    }

    void finished() {
        busy = false;
    }

    boolean isIdle() {
        return !busy && waiting.isEmpty();
    }

    /** The partition is somebody else's now; what its worker still produces is thrown away. */
    void cancel() {
        cancelled = true;
        waiting.clear();
    }

    boolean isCancelled() {
        return cancelled;
    }
}
