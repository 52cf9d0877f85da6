package io.knowledgebase.ingest.notion.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.api.ApiVersion;
import io.knowledgebase.ingest.notion.api.NotionApi;
import io.knowledgebase.ingest.notion.api.RequestBudget;
import io.knowledgebase.ingest.notion.connection.Connections.Reader;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.Workspace;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class ListerIT {

    private static final int ROWS = 10_150;
    private static final String USER = "ann";

    /** Notion ends a query at 10,000 rows. */
    @Test
    void runCountsAllRowsOfALargeDataSource() throws Exception {
        SettableClock clock = new SettableClock(Instant.parse("2026-01-01T00:00:00Z"));
        Workspace workspace = new Workspace(clock);
        UUID database = workspace.addDatabase(workspace.addPage(null, "Root"), "Table", List.of("Name"));
        for (int row = 0; row < ROWS; row++) {
            clock.now = clock.now.plusSeconds(1);
            workspace.addPage(database, "Row " + row);
        }
        UUID connection = UUID.randomUUID();
        try (Stores stores = new Stores("notion_lister");
                NotionStandIn notion = NotionStandIn.start(workspace, 100_000, 0)) {
            stores.connect(connection, USER, workspace.id());
            Run run = stores.begin(connection, USER, Run.Kind.ALL, List.of());
            Reader reader = new Reader(
                    USER,
                    "w",
                    new NotionApi(notion.uri(), Duration.ofSeconds(30), new SimpleMeterRegistry())
                            .client(notion.token(), ApiVersion.DEFAULT, RequestBudget.unlimited(), pause -> {}));
            Relatives relatives = new Relatives(stores.entities, stores.tasks);

            new Lister(
                            stores.runs,
                            stores.tasks,
                            stores.entities,
                            new DataSourceReader(stores.entities, stores.tasks, relatives, clock),
                            new Binder(new MapConfigurationPropertySource())
                                    .bindOrCreate("kb.notion", NotionSettings.class))
                    .list(run, reader);

            Run listed = stores.runs.find(USER, run.runId()).orElseThrow();
            assertThat(listed.failures()).isEqualTo("[]");
            assertThat(listed.expected()).isEqualTo(ROWS + 1);
            assertThat(stores.jdbc
                            .sql("select count(*) from notion_tasks where kind = 'page'")
                            .query(Integer.class)
                            .single())
                    .isEqualTo(ROWS + 1);
        }
    }
}
