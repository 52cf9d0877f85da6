package io.knowledgebase.ingest.cutover.wayback;

import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.web.util.UriComponentsBuilder;

/** Where PostgreSQL is, in the settings of Debezium's connector. */
public final class DebeziumAddress {

    private static final String PREFIX = "jdbc:";
    private static final int POSTGRESQL = 5432;

    private DebeziumAddress() {}

    /**
     * The same server as a JDBC URL; options of the URL go to the driver as they are.
     *
     * @throws IllegalStateException if the URL names several servers
     */
    public static Map<String, String> of(JdbcConnectionDetails database) {
        URI url = URI.create(database.getJdbcUrl().substring(PREFIX.length()));
        if (url.getHost() == null) {
            throw new IllegalStateException("the way back needs a database URL with one host");
        }
        Map<String, String> settings = new TreeMap<>();
        UriComponentsBuilder.fromUri(url)
                .build()
                .getQueryParams()
                .toSingleValueMap()
                .forEach((option, value) -> settings.put("driver." + option, value));
        settings.put("database.hostname", url.getHost());
        settings.put("database.port", String.valueOf(url.getPort() < 0 ? POSTGRESQL : url.getPort()));
        settings.put("database.dbname", url.getPath().substring(1));
        settings.put("database.user", String.valueOf(database.getUsername()));
        settings.put("database.password", String.valueOf(database.getPassword()));
        return settings;
    }
}
