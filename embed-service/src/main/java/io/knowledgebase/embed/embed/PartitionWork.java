package io.knowledgebase.embed.embed;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The records of one assigned partition that wait, and those under way: several at once, so that a long document does
 * not hold up those behind it, but only one of each document. Only the polling thread touches it, but for
 * {@link #isCancelled()}.
 */
final class PartitionWork {

    /** Most of them wait for a permit of the embedder's, which bounds what is in memory. */
    static final int MAXIMUM_UNDER_WAY = 16;

    /** Records that may be done before an earlier one is; after a crash they are done again. */
    static final int MAXIMUM_AHEAD = 500;

    private final Deque<ConsumerRecord<String, byte[]>> waiting = new ArrayDeque<>();
    private final TreeMap<Long, String> underWay = new TreeMap<>();
    private final Set<String> documentsUnderWay = new HashSet<>();
    /** Offsets of done records that are not committed, because an earlier one is not done. */
    private final TreeSet<Long> ahead = new TreeSet<>();

    private volatile boolean cancelled;

    void add(ConsumerRecord<String, byte[]> consumed) {
        waiting.add(consumed);
    }

    /** The next record whose document is not under way yet, if there may be one more. */
    Optional<ConsumerRecord<String, byte[]>> start() {
        if (underWay.size() >= MAXIMUM_UNDER_WAY || ahead.size() >= MAXIMUM_AHEAD) {
            return Optional.empty();
        }
        Set<String> earlier = new HashSet<>(documentsUnderWay);
        for (Iterator<ConsumerRecord<String, byte[]>> records = waiting.iterator(); records.hasNext(); ) {
            ConsumerRecord<String, byte[]> next = records.next();
            if (earlier.add(document(next))) {
                records.remove();
                underWay.put(next.offset(), document(next));
                documentsUnderWay.add(document(next));
                return Optional.of(next);
            }
        }
        return Optional.empty();
    }

    void finished(long offset) {
        documentsUnderWay.remove(Objects.requireNonNull(underWay.remove(offset)));
        ahead.add(offset);
    }

    /** The offset to go on from, in front of which everything is done; empty if it is the one that was told last. */
    OptionalLong advance() {
        if (ahead.isEmpty()) {
            return OptionalLong.empty();
        }
        long next = ahead.last() + 1;
        if (!waiting.isEmpty()) {
            next = Math.min(next, waiting.getFirst().offset());
        }
        if (!underWay.isEmpty()) {
            next = Math.min(next, underWay.firstKey());
        }
        return removeAheadOf(next) ? OptionalLong.of(next) : OptionalLong.empty();
    }

    boolean isIdle() {
        return underWay.isEmpty() && waiting.isEmpty();
    }

    boolean wantsMore() {
        return waiting.isEmpty() && underWay.size() < MAXIMUM_UNDER_WAY && ahead.size() < MAXIMUM_AHEAD;
    }

    /** The partition is somebody else's now; what its workers still produce is thrown away. */
    void cancel() {
        cancelled = true;
        waiting.clear();
    }

    boolean isCancelled() {
        return cancelled;
    }

    private boolean removeAheadOf(long offset) {
        SortedSet<Long> done = ahead.headSet(offset);
        boolean any = !done.isEmpty();
        done.clear();
        return any;
    }

    private static String document(ConsumerRecord<String, byte[]> consumed) {
        return String.valueOf(consumed.key());
    }
}
