package io.knowledgebase.local.standin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** A block of a page; its fields change under the workspace's lock. */
final class Block {

    final UUID id;
    final String type;
    ObjectNode value;
    final List<Block> children = new ArrayList<>();
    final List<String> comments = new ArrayList<>();
    /** Of a synced block that shows another one. */
    @Nullable
    Block original;

    Instant edited;

    Block(UUID id, String type, ObjectNode value, Instant edited) {
        this.id = id;
        this.type = type;
        this.value = value;
        this.edited = edited;
    }

    Block with(Block... inside) {
        children.addAll(List.of(inside));
        return this;
    }

    boolean hasChildren() {
        return original == null ? !children.isEmpty() : !original.children.isEmpty();
    }
}
