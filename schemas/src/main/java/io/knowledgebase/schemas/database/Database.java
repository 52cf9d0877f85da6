package io.knowledgebase.schemas.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;

/** Brings a PostgreSQL database to the schema of this release. */
public final class Database {

    /** Roles that the services log in with. */
    public static final List<String> SERVICE_ROLES = List.of("kb_ingest", "kb_embed", "kb_search");

    /** The role of the application whose tables are moved here. */
    public static final String CHAT_ROLE = "kb_chat";

    private static final List<String> ROLES = List.of("kb_ingest", "kb_embed", "kb_search", CHAT_ROLE);

    private Database() {}

    /** Runs the missing migrations as an administrator of the database; a repeat does nothing. */
    public static void migrate(String jdbcUrl, String administrator, String password) {
        Flyway.configure()
                .dataSource(jdbcUrl, administrator, password)
                .locations("classpath:db/migration")
                .load()
                .migrate();
    }

    /** Creates the roles that a dump of the database refers to, where they are missing; roles are the whole server's. */
    public static void ensureRoles(String jdbcUrl, String administrator, String password) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, administrator, password);
                Statement statement = connection.createStatement()) {
            for (String role : ROLES) {
                try (ResultSet existing = statement.executeQuery(
                        "select from pg_roles where rolname = " + statement.enquoteLiteral(role))) {
                    if (existing.next()) {
                        continue;
                    }
                }
                statement.execute("create role " + statement.enquoteIdentifier(role, true) + " login");
            }
            statement.execute("grant kb_embed to current_user");
        }
    }

    /**
     * Sets the passwords of roles; the roles exist once {@link #migrate} has run.
     *
     * @param passwords role name to password
     */
    public static void setPasswords(
            String jdbcUrl, String administrator, String password, Map<String, String> passwords) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl, administrator, password);
                Statement statement = connection.createStatement()) {
            for (Map.Entry<String, String> role : passwords.entrySet()) {
                statement.execute("alter role " + statement.enquoteIdentifier(role.getKey(), true) + " password "
                        + statement.enquoteLiteral(role.getValue()));
            }
        }
    }
}
