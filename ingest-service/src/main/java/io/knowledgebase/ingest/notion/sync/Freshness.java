package io.knowledgebase.ingest.notion.sync;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/** How old what searches find is: from an event to the index, and since the last reconciliation. */
final class Freshness {

    private static final Logger LOG = LoggerFactory.getLogger(Freshness.class);

    private final EntityStore entities;
    private final RunStore runs;
    private final Timer timer;
    private volatile double reconciliationAge = Double.NaN;

    Freshness(EntityStore entities, RunStore runs, MeterRegistry meters) {
        this.entities = entities;
        this.runs = runs;
        this.timer = Timer.builder("kb.notion.freshness")
                .description("Time from the event that told of an edit until the edited page is searchable.")
                .publishPercentileHistogram()
                .register(meters);
        Gauge.builder("kb.notion.reconciliation.age", this, freshness -> freshness.reconciliationAge)
                .description("Seconds since the last reconciliation of the connection that waits longest for one.")
                .register(meters);
    }

    /** Counts what was indexed since the last call. */
    void measure() {
        try {
            entities.takeFreshness().forEach(timer::record);
            reconciliationAge = runs.age().orElse(Double.NaN);
        } catch (DataAccessException e) {
            LOG.debug("event=notion-freshness-unknown", e); // PostgreSQL is away, which others tell
        }
    }
}
