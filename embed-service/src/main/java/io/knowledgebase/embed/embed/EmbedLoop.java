package io.knowledgebase.embed.embed;

import io.knowledgebase.schemas.event.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private static final Duration BUSY_POLL = Duration.ofMillis(5);
    /** Records that may wait for the next transaction; a worker that has more waits. */
    private static final int MAXIMUM_UNSENT = 64;

    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final EmbedWorker worker;
    private final ExecutorService workers;
    private final Duration commitInterval;
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
            Duration commitInterval) {
        this.consumer = consumer;
        this.producer = producer;
        this.worker = worker;
        this.workers = workers;
        this.commitInterval = commitInterval;
    }

    /** A record to send, or the end of a document: the offset to go on from. */
    private record Produced(
            PartitionWork work,
            TopicPartition partition,
            @Nullable ProducerRecord<String, byte[]> toSend,
            long nextOffset) {}

    void start() {
        producer.initTransactions();
        consumer.subscribe(List.of(Topics.DOCUMENTS), new ConsumerRebalanceListener() {
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
        pauseBusyPartitions();
    }

    @Override
    public void close() {
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
            if (work.canStart()) {
                ConsumerRecord<String, byte[]> next = work.start();
                workers.execute(() -> work(partition, work, next));
            }
        });
    }

    /** Runs on a worker's thread. */
    private void work(TopicPartition partition, PartitionWork work, ConsumerRecord<String, byte[]> consumed) {
        try {
            worker.process(consumed, new EmbedWorker.Output() {
                @Override
                public void send(ProducerRecord<String, byte[]> toSend) throws InterruptedException {
                    offer(new Produced(work, partition, toSend, -1));
                }

                @Override
                public boolean isWanted() {
                    return !work.isCancelled();
                }
            });
            offer(new Produced(work, partition, null, consumed.offset() + 1));
        } catch (CancellationException e) {
            LOG.debug("event=work-cancelled partition={} offset={}", partition, consumed.offset());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) { // the loop ends with it, and the next one begins at this record
            workerFailure = e;
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
            if (one.toSend() == null) {
                offsets.put(one.partition(), new OffsetAndMetadata(one.nextOffset()));
            } else {
                producer.send(one.toSend());
            }
        }
        if (!offsets.isEmpty()) {
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        }
        producer.commitTransaction();
        lastCommitNanos = System.nanoTime();
        batch.stream()
                .filter(one -> one.toSend() == null)
                .forEach(one -> one.work().finished());
    }

    private void pauseBusyPartitions() {
        List<TopicPartition> idle = new ArrayList<>();
        List<TopicPartition> busy = new ArrayList<>();
        assigned.forEach((partition, work) -> (work.isIdle() ? idle : busy).add(partition));
        consumer.resume(idle);
        consumer.pause(busy);
    }

    private void forget(TopicPartition partition) {
        PartitionWork work = assigned.remove(partition);
        if (work != null) {
            work.cancel();
        }
    }
}
