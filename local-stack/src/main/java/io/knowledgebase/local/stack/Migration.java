package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.schemas.database.Database;
import io.knowledgebase.schemas.event.Topics;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.exception.FlywayValidateException;

/** Brings the database to this release's schema, gives the roles their passwords, and creates topics. */
final class Migration {

    private static final int PARTITIONS = 12;
    private static final int REQUEST_TIMEOUT_MS = 20_000;

    private final Home home;

    Migration(Home home) {
        this.home = home;
    }

    void migrateDatabase() {
        DatabaseAddress database = home.database();
        try {
            Database.migrate(database.jdbcUrl(), database.user(), database.password());
            Map<String, String> passwords = new HashMap<>();
            Arrays.stream(Service.values())
                    .forEach(service -> passwords.put(service.role(), home.rolePassword(service)));
            if (home.hasChatPassword() || !hasMoved(database)) { // it would lose the one it got by other means
                home.chatPassword().ifPresent(password -> passwords.put(Database.CHAT_ROLE, password));
            }
            Database.setPasswords(database.jdbcUrl(), database.user(), database.password(), passwords);
        } catch (FlywayValidateException e) {
            throw CommandFailedException.of(
                    "the database was made by another build, whose migrations differ from this one's",
                    "go back to that build, or start anew with ./kb reset, which deletes all documents",
                    null,
                    e);
        } catch (FlywayException | SQLException e) {
            throw CommandFailedException.of(
                    "the database cannot be migrated: " + firstLine(e),
                    "./kb doctor checks server, rights and extensions",
                    home.ownsPostgres() ? home.postgres().log() : null,
                    e);
        }
    }

    /** Whether an application has moved here, and has a password that works for it. */
    private static boolean hasMoved(DatabaseAddress database) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select state in ('cut-over', 'closed') from cutover")) {
            return row.next() && row.getBoolean(1);
        }
    }

    void createTopics() {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                home.kafkaBootstrap(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                REQUEST_TIMEOUT_MS,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                REQUEST_TIMEOUT_MS))) {
            Topics.create(admin, home.number("KB_TOPIC_PARTITIONS", PARTITIONS), (short)
                    home.number("KB_TOPIC_REPLICATION", 1));
        } catch (ExecutionException | KafkaException e) {
            throw CommandFailedException.of(
                    "the topics cannot be created: " + firstLine(e.getCause() == null ? e : e.getCause()),
                    "./kb doctor checks the brokers",
                    home.ownsKafka() ? home.kafka().log() : null,
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailedException.of("interrupted", "repeat");
        }
    }

    private static String firstLine(Throwable failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse(failure.toString());
    }
}
