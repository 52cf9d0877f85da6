package io.knowledgebase.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DocumentCountsTest {

    @Test
    void readingTheMetricsCountsNothing() {
        AtomicInteger counted = new AtomicInteger();
        try (DocumentCounts counts = new DocumentCounts(() -> Map.of("indexed", (long) counted.incrementAndGet()))) {
            assertThat(counts.of("indexed")).isNaN();
            counts.count();
            assertThat(counts.of("indexed")).isEqualTo(1);
            assertThat(counts.of("indexed")).isEqualTo(1);
        }
    }

    @Test
    void whatCannotBeCountedIsUnknown() {
        try (DocumentCounts counts = new DocumentCounts(() -> {
            throw new IllegalStateException("the database is away");
        })) {
            counts.count();
            assertThat(counts.of("indexed")).isNaN();
        }
    }
}
