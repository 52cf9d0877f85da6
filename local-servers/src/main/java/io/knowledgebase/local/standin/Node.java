package io.knowledgebase.local.standin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A page, or a database with its only data source; its fields change under the workspace's lock. */
final class Node {

    final UUID id;
    /** Of a database, the id of its data source. */
    final @Nullable UUID dataSourceId;

    final Instant created;

    @Nullable
    Node parent;

    String title;
    Instant edited;
    boolean inTrash;
    boolean shared = true;
    /** Text properties of a row, and of a database the names that its rows have. */
    final Map<String, String> properties = new LinkedHashMap<>();

    final List<Block> blocks = new ArrayList<>();
    final List<Node> children = new ArrayList<>();
    final List<String> comments = new ArrayList<>();

    Node(UUID id, @Nullable UUID dataSourceId, @Nullable Node parent, String title, Instant created) {
        this.id = id;
        this.dataSourceId = dataSourceId;
        this.parent = parent;
        this.title = title;
        this.created = created;
        this.edited = created;
    }

    boolean isDatabase() {
        return dataSourceId != null;
    }

    /** Whether it is there for the connection: neither it nor what it stands in is in the trash. */
    boolean isPresent() {
        return shared && !inTrash && (parent == null || parent.isPresent());
    }
}
