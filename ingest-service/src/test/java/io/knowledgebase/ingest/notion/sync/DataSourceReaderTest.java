package io.knowledgebase.ingest.notion.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.notion.api.ApiVersion;
import io.knowledgebase.ingest.notion.api.NotionApi;
import io.knowledgebase.ingest.notion.api.NotionClient;
import io.knowledgebase.ingest.notion.api.RequestBudget;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.Workspace;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataSourceReaderTest {

    private static final int ROWS = 10_150;
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    /** Notion ends a query at 10,000 rows. */
    @ParameterizedTest
    @CsvSource({"1000, true", "0, false"})
    void rowsBeyondOneQueryAreListedOrMissed(int millisBetweenRows, boolean all) {
        SettableClock clock = new SettableClock(BEGIN);
        Workspace workspace = new Workspace(clock);
        UUID database = workspace.addDatabase(workspace.addPage(null, "Root"), "Table", List.of("Name"));
        for (int row = 0; row < ROWS; row++) {
            clock.now = BEGIN.plusMillis((long) row * millisBetweenRows);
            workspace.addPage(database, "Row " + row);
        }
        try (NotionStandIn notion = NotionStandIn.start(workspace, 100_000, 0)) {
            NotionClient client = new NotionApi(notion.uri(), Duration.ofSeconds(30), new SimpleMeterRegistry())
                    .client(notion.token(), ApiVersion.DEFAULT, RequestBudget.unlimited(), pause -> {});

            DataSourceReader.Listing listing = DataSourceReader.list(client, workspace.dataSourceOf(database));

            if (all) {
                assertThat(listing.failure()).isNull();
                assertThat(listing.rows()).hasSize(ROWS);
            } else {
                assertThat(listing.failure()).contains("more rows created in the minute of 2026-01-01T00:00:00Z");
                assertThat(listing.rows()).hasSize(10_000);
            }
        }
    }
}
