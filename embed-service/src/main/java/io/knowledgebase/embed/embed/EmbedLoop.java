package io.knowledgebase.embed.embed;

import io.knowledgebase.schemas.event.Topics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One membership in the embed group: polls, hands records to workers, and commits what they produced together with the
 * offsets of the documents that are done. Everything but the workers runs on the calling thread. Any failure of Kafka
 * ends it with an exception; a new loop begins at the committed offsets and repeats only what was not committed.
 */
final class EmbedLoop implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbedLoop.class);
    private static final Duration IDLE_POLL = Duration.ofMillis(200);
    /** Kafka's default is a heartbeat every 3 s, and to have lost a member after 45 s. */
    private static final double LONGEST_SILENCE_SECONDS = 10;

    private static final Set<String> SIGNS_OF_LIFE = Set.of("last-heartbeat-seconds-ago", "last-rebalance-seconds-ago");

    private static final Duration BUSY_POLL = Duration.ofMillis(5);
    /** Records that may wait for the next transaction; a worker that has more waits. */
    private static final int MAXIMUM_UNSENT = 64;

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final EmbedWorker worker;
    private final ExecutorService workers;
    private final Duration commitInterval;
    private final KafkaClientMetrics observation;
    private final Map<TopicPartition, PartitionWork> assigned = new HashMap<>();
    private final ConcurrentLinkedQueue<Produced> produced = new ConcurrentLinkedQueue<>();
    private final Semaphore unsent = new Semaphore(MAXIMUM_UNSENT);
    private volatile @Nullable Throwable workerFailure;
    private long lastCommitNanos = System.nanoTime();

    EmbedLoop(
            Consumer<String, byte[]> consumer,
            Producer<String, byte[]> producer,
            EmbedWorker worker,
            ExecutorService workers,
            EmbedMetrics metrics,
            Duration commitInterval) {
        this.consumer = consumer;
        this.producer = producer;
        this.worker = worker;
        this.workers = workers;
        this.commitInterval = commitInterval;
        this.observation = metrics.observe(consumer);
    }

    /**
     * What a worker did: a record to send, the end of the work on a consumed one, or both.
     *
     * @param finished offset of the consumed record, or {@link #GOES_ON}
     */
    private record Produced(
            PartitionWork work,
            TopicPartition partition,
            @Nullable ProducerRecord<String, byte[]> toSend,
            long finished) {

        static final long GOES_ON = -1;
    }

    void start() {
        producer.initTransactions();
        consumer.subscribe(List.of(Topics.DOCUMENTS, Topics.SLOW_DOCUMENTS), new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                partitions.forEach(partition -> assigned.put(partition, new PartitionWork()));
                LOG.info("event=partitions-assigned count={} total={}", partitions.size(), assigned.size());
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                commit();
                onPartitionsLost(partitions);
            }

            @Override
            public void onPartitionsLost(Collection<TopicPartition> partitions) {
                partitions.forEach(EmbedLoop.this::forget);
                LOG.info("event=partitions-revoked count={} total={}", partitions.size(), assigned.size());
            }
        });
    }

    /** One round; to be called again and again, at least every few seconds. */
    void round() {
        if (workerFailure != null) {
            throw new IllegalStateException("a document's worker failed", workerFailure);
        }
        boolean busy = assigned.values().stream().anyMatch(work -> !work.isIdle());
        consumer.poll(busy ? BUSY_POLL : IDLE_POLL)
                .forEach(consumed -> workOf(consumed).add(consumed));
        if (!produced.isEmpty() && System.nanoTime() - lastCommitNanos >= commitInterval.toNanos()) {
            commit();
        }
        startWork();
        pausePartitionsThatAreFull();
    }

    /** Whether the group's coordinator has been heard of a moment ago. */
    boolean isConnected() {
        return consumer.metrics().values().stream()
                .filter(metric -> SIGNS_OF_LIFE.contains(metric.metricName().name()))
                .anyMatch(metric -> metric.metricValue() instanceof Double secondsAgo
                        && secondsAgo >= 0
                        && secondsAgo <= LONGEST_SILENCE_SECONDS);
    }

    @Override
    public void close() {
        observation.close();
        assigned.keySet().stream().toList().forEach(this::forget);
        producer.close(Duration.ofSeconds(2));
        consumer.close(CloseOptions.timeout(Duration.ofSeconds(2)));
    }

    private PartitionWork workOf(ConsumerRecord<String, byte[]> consumed) {
        return assigned.computeIfAbsent(
                new TopicPartition(consumed.topic(), consumed.partition()), partition -> new PartitionWork());
    }

    private void startWork() {
        assigned.forEach((partition, work) -> {
            for (Optional<ConsumerRecord<String, byte[]>> next = work.start(); next.isPresent(); next = work.start()) {
                ConsumerRecord<String, byte[]> consumed = next.get();
                workers.execute(() -> work(partition, work, consumed));
            }
        });
    }

    /** Runs on a worker's thread. */
    private void work(TopicPartition partition, PartitionWork work, ConsumerRecord<String, byte[]> consumed) {
        try {
            Output output = new Output(partition, work);
            worker.process(consumed, output);
            offer(new Produced(work, partition, output.last, consumed.offset()));
        } catch (CancellationException e) {
            LOG.debug("event=work-cancelled partition={} offset={}", partition, consumed.offset());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) { // the loop ends with it, and the next one begins at this record
            workerFailure = e;
        }
    }

    /** Holds the last record back, so that it goes into one transaction with the end of the work. */
    private final class Output implements EmbedWorker.Output {

        private final TopicPartition partition;
        private final PartitionWork work;
        private @Nullable ProducerRecord<String, byte[]> last;

        Output(TopicPartition partition, PartitionWork work) {
            this.partition = partition;
            this.work = work;
        }

        @Override
        public void send(ProducerRecord<String, byte[]> toSend) throws InterruptedException {
            if (last != null) {
                offer(new Produced(work, partition, last, Produced.GOES_ON));
            }
            last = toSend;
        }

        @Override
        public boolean isWanted() {
            return !work.isCancelled();
        }
    }

    private void offer(Produced one) throws InterruptedException {
        do {
            if (one.work().isCancelled()) {
                throw new CancellationException();
            }
        } while (!unsent.tryAcquire(100, TimeUnit.MILLISECONDS));
        produced.add(one);
    }

    /** Everything produced so far, and the offsets of the documents that ended, in one transaction. */
    @SuppressWarnings("FutureReturnValueIgnored") // a send that failed fails the commit
    private void commit() {
        List<Produced> batch = new ArrayList<>();
        for (Produced one = produced.poll(); one != null; one = produced.poll()) {
            unsent.release();
            if (!one.work().isCancelled()) {
                batch.add(one);
            }
        }
        if (batch.isEmpty()) {
            return;
        }
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (Produced one : batch) {
            if (one.toSend() != null) {
                producer.send(one.toSend());
            }
            if (one.finished() != Produced.GOES_ON) {
                one.work().finished(one.finished());
                one.work().advance().ifPresent(next -> offsets.put(one.partition(), new OffsetAndMetadata(next)));
            }
        }
        if (!offsets.isEmpty()) {
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        }
        producer.commitTransaction();
        lastCommitNanos = System.nanoTime();
    }

    private void pausePartitionsThatAreFull() {
        List<TopicPartition> open = new ArrayList<>();
        List<TopicPartition> full = new ArrayList<>();
        assigned.forEach((partition, work) -> (work.wantsMore() ? open : full).add(partition));
        consumer.resume(open);
        consumer.pause(full);
    }

    private void forget(TopicPartition partition) {
        PartitionWork work = assigned.remove(partition);
        if (work != null) {
            work.cancel();
        }
    }
}
