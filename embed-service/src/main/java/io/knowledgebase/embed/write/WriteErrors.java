package io.knowledgebase.embed.write;

import io.knowledgebase.embed.generation.FedGeneration;
import io.knowledgebase.schemas.event.MalformedEventException;
import io.knowledgebase.schemas.event.Topics;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.transaction.TransactionException;
import org.springframework.util.backoff.ExponentialBackOff;
import org.springframework.util.backoff.FixedBackOff;

/**
 * What becomes of events that cannot be written: transient faults are retried for as long as they last, anything else a
 * few times before it becomes a dead letter and its document {@code failed/internal}.
 */
final class WriteErrors {

    private static final long FIRST_BACKOFF_MS = 200;
    private static final long LONGEST_BACKOFF_MS = 10_000;

    private final DeadLetterPublishingRecoverer deadLetters;
    private final FailedDocuments failed;
    private final WriteSettings settings;

    WriteErrors(KafkaTemplate<String, byte[]> template, FailedDocuments failed, WriteSettings settings) {
        this.deadLetters = new DeadLetterPublishingRecoverer(
                template, (consumed, failure) -> new TopicPartition(consumed.topic() + Topics.DEAD_LETTER_SUFFIX, -1));
        this.failed = failed;
        this.settings = settings;
    }

    DefaultErrorHandler handler(FedGeneration fed) {
        DefaultErrorHandler handler = new DefaultErrorHandler((consumed, failure) -> {
            if (fed.isLive() || !isMalformed(failure)) { // all generations read what is malformed; one tells it
                deadLetters.accept(consumed, failure);
                failed.markInternal(bytes(consumed), fed.generation().number());
            }
        });
        handler.addNotRetryableExceptions(MalformedEventException.class);
        handler.setBackOffFunction((consumed, failure) -> {
            if (isTransient(failure)) {
                ExponentialBackOff endless = new ExponentialBackOff(FIRST_BACKOFF_MS, 2);
                endless.setMaxInterval(LONGEST_BACKOFF_MS);
                return endless;
            }
            return new FixedBackOff(FIRST_BACKOFF_MS, settings.attempts() - 1L);
        });
        return handler;
    }

    @SuppressWarnings("unchecked") // the container's deserializer makes byte[]
    private static ConsumerRecord<?, byte[]> bytes(ConsumerRecord<?, ?> consumed) {
        return (ConsumerRecord<?, byte[]>) consumed;
    }

    private static boolean isMalformed(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MalformedEventException) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTransient(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof TransientDataAccessException
                    || cause instanceof DataAccessResourceFailureException
                    || cause instanceof RecoverableDataAccessException
                    || cause instanceof TransactionException) {
                return true;
            }
        }
        return false;
    }
}
