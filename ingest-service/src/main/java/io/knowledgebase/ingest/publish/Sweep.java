package io.knowledgebase.ingest.publish;

import io.knowledgebase.ingest.publish.PublishStore.Unsettled;
import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.TopicReader;
import io.knowledgebase.schemas.event.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds published documents whose event is no longer in flight although they never settled, and publishes them again.
 * The embedder commits the offset of an event in one transaction with what it made of it, or later; so once the event's
 * offset is committed, what was made of it lies before the ends that the topics have then: of slow documents if it was
 * deferred, and of chunks once those are embedded too. Once the writer has passed that end, the document has settled or
 * its result is lost. Offsets are compared, never times: waiting in a queue is no loss. For one thread.
 */
final class Sweep {

    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);
    private static final int SUSPECTS = 1000;

    private final PublishStore store;
    private final TopicOffsets offsets;
    private final TopicReader reader;
    private final Duration settleCheckAfter;
    private @Nullable Suspicion suspicion;

    Sweep(PublishStore store, TopicOffsets offsets, TopicReader reader, Duration settleCheckAfter) {
        this.store = store;
        this.offsets = offsets;
        this.reader = reader;
        this.settleCheckAfter = settleCheckAfter;
    }

    /** Publishes again what is known to be lost; true if that was anything. */
    boolean run() {
        OptionalInt generation = store.liveGeneration();
        if (generation.isEmpty()) {
            return false;
        }
        int live = generation.getAsInt();
        if (suspicion == null || suspicion.generation != live || isOfOtherTopics(suspicion)) {
            suspicion = suspect(live);
        }
        if (suspicion == null || !isConfirmed(suspicion)) {
            return false;
        }
        List<Unsettled> suspects = suspicion.suspects;
        suspicion = null;
        boolean republished = false;
        for (Unsettled suspect : suspects) {
            if (store.republish(suspect)) {
                republished = true;
                LOG.warn(
                        "event=republished documentId={} version={} attempt={} cause=\"its event was consumed without"
                                + " an outcome\"",
                        suspect.documentId(),
                        suspect.version(),
                        suspect.attempt() + 1);
            }
        }
        return republished;
    }

    /** Topics that were lost and made anew may never get as far as the old ones were. */
    private boolean isOfOtherTopics(Suspicion of) {
        return isBefore(offsets.ends(Topics.SLOW_DOCUMENTS), of.endsOfSlowDocuments)
                || (of.endsOfChunks != null && isBefore(offsets.ends(Topics.CHUNKS), of.endsOfChunks));
    }

    private static boolean isBefore(Map<TopicPartition, Long> ends, Map<TopicPartition, Long> remembered) {
        return remembered.entrySet().stream().anyMatch(end -> ends.getOrDefault(end.getKey(), 0L) < end.getValue());
    }

    private @Nullable Suspicion suspect(int generation) {
        List<Unsettled> unsettled = store.unsettled(settleCheckAfter, SUSPECTS);
        if (unsettled.isEmpty()) {
            return null;
        }
        Map<TopicPartition, Long> committed = offsets.committed(Topics.embedGroup(generation), Topics.DOCUMENTS);
        Map<TopicPartition, Long> ends = offsets.ends(Topics.DOCUMENTS);
        List<Unsettled> suspects = unsettled.stream()
                .filter(document -> isConsumed(document, committed, ends))
                .toList();
        return suspects.isEmpty() ? null : new Suspicion(generation, suspects, offsets.ends(Topics.SLOW_DOCUMENTS));
    }

    /** True once everything that may have become of the suspects was consumed. */
    private boolean isConfirmed(Suspicion of) {
        if (of.endsOfChunks == null) {
            if (!reader.hasPassed(Topics.embedGroup(of.generation), Topics.SLOW_DOCUMENTS, of.endsOfSlowDocuments)) {
                return false;
            }
            of.endsOfChunks = offsets.ends(Topics.CHUNKS);
        }
        return reader.hasPassed(Topics.writeGroup(of.generation), Topics.CHUNKS, of.endsOfChunks);
    }

    /** An offset at or after the end belongs to a topic that was deleted since. */
    private static boolean isConsumed(
            Unsettled document, Map<TopicPartition, Long> committed, Map<TopicPartition, Long> ends) {
        TopicPartition partition = new TopicPartition(Topics.DOCUMENTS, document.partition());
        return committed.getOrDefault(partition, 0L) > document.offset()
                || ends.getOrDefault(partition, 0L) <= document.offset();
    }

    /** Documents whose event was consumed, and the ends of what may have become of them. */
    private static final class Suspicion {
        private final int generation;
        private final List<Unsettled> suspects;
        private final Map<TopicPartition, Long> endsOfSlowDocuments;
        /** As they were once the embedder had passed the slow documents; null until then. */
        private @Nullable Map<TopicPartition, Long> endsOfChunks;

        Suspicion(int generation, List<Unsettled> suspects, Map<TopicPartition, Long> endsOfSlowDocuments) {
            this.generation = generation;
            this.suspects = suspects;
            this.endsOfSlowDocuments = endsOfSlowDocuments;
        }
    }
}
