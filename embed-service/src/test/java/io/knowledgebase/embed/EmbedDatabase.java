package io.knowledgebase.embed;

import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A database of its own with the present schema, as its administrator and as embed-service see it. */
public final class EmbedDatabase {

    static final String PASSWORD = "secret";

    private final PostgresCluster postgres;
    private final String url;

    public EmbedDatabase(PostgresCluster postgres) throws Exception {
        this.postgres = postgres;
        this.url =
                postgres.createDatabase("embed_" + UUID.randomUUID().toString().replace('-', '_'));
        Database.migrate(url, postgres.user(), postgres.password());
        Database.setPasswords(url, postgres.user(), postgres.password(), Map.of("kb_embed", PASSWORD));
    }

    String url() {
        return url;
    }

    public DriverManagerDataSource asAdministrator() {
        return new DriverManagerDataSource(url, postgres.user(), postgres.password());
    }

    public DriverManagerDataSource asEmbed() {
        return new DriverManagerDataSource(url, "kb_embed", PASSWORD);
    }
}
