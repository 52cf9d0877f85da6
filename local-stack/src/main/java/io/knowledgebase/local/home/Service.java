package io.knowledgebase.local.home;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The three services. */
public enum Service {
    INGEST(8081, "256m"),
    EMBED(8082, "1g"),
    SEARCH(8080, "512m");

    private final int defaultPort;
    private final String heap;

    Service(int defaultPort, String heap) {
        this.defaultPort = defaultPort;
        this.heap = heap;
    }

    /** The name of its module, jar and log. */
    public String id() {
        return name().toLowerCase(Locale.ROOT) + "-service";
    }

    /** The role it logs into PostgreSQL with. */
    public String role() {
        return "kb_" + name().toLowerCase(Locale.ROOT);
    }

    public String portSetting() {
        return "KB_" + name() + "_PORT";
    }

    public String urlSetting() {
        return "KB_" + name() + "_URL";
    }

    public int defaultPort() {
        return defaultPort;
    }

    /** Largest Java heap, as {@code -Xmx} takes it. */
    public String heap() {
        return heap;
    }

    /** By its full name or the first word of it. */
    public static Optional<Service> of(String name) {
        return Arrays.stream(values())
                .filter(service -> service.id().equals(name)
                        || service.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst();
    }
}
