package io.knowledgebase.embed.generation;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import tools.jackson.databind.json.JsonMapper;

/** What the generations tell of themselves; looked up in the background, because it counts all documents. */
final class GenerationMetrics implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationMetrics.class);
    private static final String GENERATION = "generation";

    private final GenerationStore store;
    private final GenerationGroups groups;
    private final Clock clock;
    private final MultiGauge documents;
    private final MultiGauge lag;
    private final MultiGauge recall;
    private final MultiGauge age;

    GenerationMetrics(GenerationStore store, GenerationGroups groups, Clock clock, MeterRegistry meters) {
        this.store = store;
        this.groups = groups;
        this.clock = clock;
        this.documents = MultiGauge.builder("kb.generation.documents")
                .description("Documents of a generation by outcome; missing ones have none yet")
                .register(meters);
        this.lag = MultiGauge.builder("kb.generation.lag")
                .description("Events that a generation has not consumed")
                .register(meters);
        this.recall = MultiGauge.builder("kb.generation.recall")
                .description("Recall@10 of a generation's index, by its last verification")
                .register(meters);
        this.age = MultiGauge.builder("kb.generation.live.age")
                .description("Time since the live generation was promoted")
                .baseUnit("seconds")
                .register(meters);
    }

    @Override
    public void run() {
        List<MultiGauge.Row<?>> outcomes = new ArrayList<>();
        List<MultiGauge.Row<?>> lags = new ArrayList<>();
        List<MultiGauge.Row<?>> recalls = new ArrayList<>();
        List<MultiGauge.Row<?>> ages = new ArrayList<>();
        try {
            for (GenerationStore.Row row : store.all()) {
                int number = row.generation().number();
                Tags tags = Tags.of(GENERATION, Integer.toString(number));
                GenerationStore.Progress progress = store.progress(number);
                outcomes.add(MultiGauge.Row.of(tags.and("state", "indexed"), progress.indexed()));
                outcomes.add(MultiGauge.Row.of(tags.and("state", "failed"), progress.failed()));
                outcomes.add(MultiGauge.Row.of(tags.and("state", "missing"), progress.missing()));
                groups.lag(number)
                        .forEach((topic, events) -> lags.add(MultiGauge.Row.of(tags.and("topic", topic), events)));
                if (row.verification() != null) {
                    double found = JsonMapper.shared()
                            .readTree(row.verification())
                            .path("recall")
                            .asDouble(Double.NaN);
                    recalls.add(MultiGauge.Row.of(tags, found));
                }
                Instant since = row.liveSince();
                if (row.state() == GenerationState.LIVE && since != null) {
                    ages.add(MultiGauge.Row.of(
                            tags, Duration.between(since, clock.instant()).toSeconds()));
                }
            }
        } catch (DataAccessException | TransactionException | KafkaException e) {
            LOG.warn("event=generations-not-measured cause=\"{}\"", e.getMessage());
            return;
        }
        documents.register(outcomes, true);
        lag.register(lags, true);
        recall.register(recalls, true);
        age.register(ages, true);
    }
}
