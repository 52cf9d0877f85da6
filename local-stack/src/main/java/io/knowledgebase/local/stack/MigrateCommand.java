package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code kb migrate}. */
@Command(
        name = "migrate",
        description = "Bring database and topics to this release: schema, passwords of the roles, topics.",
        footer = {
            "",
            "Settings (environment): KB_DATABASE_URL with an administrator's login, KB_KAFKA_BOOTSTRAP,",
            "KB_INGEST_PASSWORD, KB_EMBED_PASSWORD, KB_SEARCH_PASSWORD, KB_CHAT_PASSWORD (empty: kb_chat's is left alone),",
            "KB_TOPIC_PARTITIONS (12), KB_TOPIC_REPLICATION (1)."
        })
public final class MigrateCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        Migration migration = new Migration(home);
        migration.migrateDatabase();
        terminal.done("schema up to date: " + home.database());
        migration.createTopics();
        terminal.done("topics present: " + home.kafkaBootstrap());
        return ExitCode.OK;
    }
}
