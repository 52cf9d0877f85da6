package io.knowledgebase.local.standin;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a workspace of Notion holds, and how people change it. For several threads. */
public final class Workspace {

    private final UUID id = UUID.randomUUID();
    private final Clock clock;
    private final Map<UUID, Node> nodes = new LinkedHashMap<>();
    private final Map<UUID, Node> byDataSource = new HashMap<>();
    private final Map<UUID, Block> blocks = new HashMap<>();
    private final Map<UUID, Node> pageOfBlock = new HashMap<>();
    private final Map<UUID, byte[]> files = new ConcurrentHashMap<>();
    private Consumer<Event> listener = event -> {};

    /** An empty workspace. */
    public Workspace(Clock clock) {
        this.clock = clock;
    }

    public UUID id() {
        return id;
    }

    synchronized void listen(Consumer<Event> to) {
        listener = to;
    }

    /** A new page at the top, in a page or, as a row, in a database. */
    public synchronized UUID addPage(@Nullable UUID parentId, String title) {
        return add(parentId, null, title, clock.instant()).id;
    }

    synchronized Node add(@Nullable UUID parentId, @Nullable UUID dataSourceId, String title, Instant created) {
        Node parent = parentId == null ? null : node(parentId);
        Node node = new Node(UUID.randomUUID(), dataSourceId, parent, title, created);
        nodes.put(node.id, node);
        if (dataSourceId != null) {
            byDataSource.put(dataSourceId, node);
        }
        if (parent != null) {
            parent.children.add(node);
            if (parent.isDatabase()) {
                parent.properties.keySet().forEach(name -> node.properties.put(name, ""));
            } else {
                touch(parent, created);
            }
        }
        tell(node.isDatabase() ? "data_source.created" : "page.created", node, created);
        return node;
    }

    /** A new database with one data source whose rows have these text properties; its id. */
    public synchronized UUID addDatabase(UUID parentId, String title, List<String> properties) {
        Node node = add(parentId, UUID.randomUUID(), title, clock.instant());
        properties.forEach(name -> node.properties.put(name, ""));
        return node.id;
    }

    /** The id of a database's data source. */
    public synchronized UUID dataSourceOf(UUID databaseId) {
        return Objects.requireNonNull(node(databaseId).dataSourceId);
    }

    synchronized void append(UUID pageId, Block block, Instant time) {
        Node page = node(pageId);
        page.blocks.add(block);
        register(page, block);
        edited(page, "page.content_updated", time);
    }

    private void register(Node page, Block block) {
        blocks.put(block.id, block);
        pageOfBlock.put(block.id, page);
        block.children.forEach(child -> register(page, child));
    }

    /** Appends a paragraph. */
    public synchronized void write(UUID pageId, String text) {
        append(pageId, Blocks.text("paragraph", text, clock.instant()), clock.instant());
    }

    /** Replaces all blocks of a page by one paragraph. */
    public synchronized void rewrite(UUID pageId, String text) {
        node(pageId).blocks.clear();
        write(pageId, text);
    }

    synchronized void replaceText(UUID pageId, int position, String text) {
        Node page = node(pageId);
        if (page.blocks.isEmpty()) {
            write(pageId, text);
            return;
        }
        Block old = page.blocks.get(position % page.blocks.size());
        Block changed = Blocks.text("paragraph", text, clock.instant());
        page.blocks.set(page.blocks.indexOf(old), changed);
        register(page, changed);
        edited(page, "page.content_updated", clock.instant());
    }

    public synchronized void rename(UUID id, String title) {
        Node node = node(id);
        node.title = title;
        edited(node, node.isDatabase() ? "data_source.schema_updated" : "page.properties_updated", clock.instant());
    }

    public synchronized void setProperty(UUID rowId, String name, String value) {
        Node row = node(rowId);
        row.properties.put(name, value);
        edited(row, "page.properties_updated", clock.instant());
    }

    /** Rows get another name for a property, and are not edited by that. */
    public synchronized void renameProperty(UUID databaseId, String from, String to) {
        Node database = node(databaseId);
        database.properties.put(to, Objects.requireNonNullElse(database.properties.remove(from), ""));
        for (Node row : database.children) {
            row.properties.put(to, Objects.requireNonNullElse(row.properties.remove(from), ""));
        }
        edited(database, "data_source.schema_updated", clock.instant());
    }

    public synchronized void comment(UUID pageId, String text) {
        Node page = node(pageId);
        page.comments.add(text);
        listener.accept(new Event("comment.created", UUID.randomUUID(), pageId, null, clock.instant()));
    }

    /** Discusses a block, by its place in the page. */
    public synchronized void commentOnBlock(UUID pageId, int position, String text) {
        Block block = node(pageId).blocks.get(position);
        block.comments.add(text);
        listener.accept(new Event("comment.created", UUID.randomUUID(), pageId, block.id, clock.instant()));
    }

    /** Attaches a file as a block. */
    public synchronized UUID attach(UUID pageId, String name, byte[] data) {
        Block block = Blocks.file(name, clock.instant());
        files.put(block.id, data.clone());
        append(pageId, block, clock.instant());
        return block.id;
    }

    /** Takes a block out of a page. */
    public synchronized void removeBlock(UUID pageId, UUID blockId) {
        Node page = node(pageId);
        page.blocks.removeIf(block -> block.id.equals(blockId));
        edited(page, "page.content_updated", clock.instant());
    }

    /** Appends very many paragraphs at once. */
    public synchronized void writeMany(UUID pageId, int paragraphs) {
        Node page = node(pageId);
        for (int i = 0; i < paragraphs; i++) {
            Block block = Blocks.text("paragraph", "line " + i, clock.instant());
            page.blocks.add(block);
            register(page, block);
        }
        edited(page, "page.content_updated", clock.instant());
    }

    /** Appends a synced block that holds itself, through another page, and a block of a type that nobody knows. */
    public synchronized void tangle(UUID pageId, UUID otherPageId) {
        Instant now = clock.instant();
        Block original = Blocks.synced(now);
        append(pageId, original, now);
        Block copy = Blocks.syncedFrom(original, now);
        Block inside = Blocks.container("column_list", now).with(copy);
        original.children.add(inside);
        register(node(pageId), inside);
        append(otherPageId, Blocks.syncedFrom(original, now), now);
        append(pageId, Blocks.text("hologram", "from the future", now), now);
        edited(node(pageId), "page.content_updated", now);
    }

    byte @Nullable [] file(UUID blockId) {
        return files.get(blockId);
    }

    /** Moves a page to the trash, with what stands in it. */
    public synchronized void trash(UUID id) {
        setTrash(id, true, "deleted");
    }

    public synchronized void restore(UUID id) {
        setTrash(id, false, "undeleted");
    }

    private void setTrash(UUID id, boolean inTrash, String type) {
        Node node = node(id);
        if (node.inTrash == inTrash) {
            return;
        }
        node.inTrash = inTrash;
        if (node.parent != null && !node.parent.isDatabase()) {
            edited(node.parent, "page.content_updated", clock.instant());
        }
        tell((node.isDatabase() ? "data_source." : "page.") + type, node, clock.instant());
    }

    /** Takes a page out of the connection's sight; Notion tells nobody. */
    public synchronized void unshare(UUID id) {
        node(id).shared = false;
    }

    public synchronized void share(UUID id) {
        Node node = node(id);
        node.shared = true;
        edited(node, "page.created", clock.instant());
    }

    public synchronized void move(UUID id, UUID parentId) {
        Node node = node(id);
        if (node.parent != null) {
            node.parent.children.remove(node);
            edited(node.parent, "page.content_updated", clock.instant());
        }
        node.parent = node(parentId);
        node.parent.children.add(node);
        edited(node.parent, "page.content_updated", clock.instant());
        edited(node, "page.moved", clock.instant());
    }

    private void edited(Node node, String type, Instant time) {
        touch(node, time);
        tell(type, node, time);
    }

    private static void touch(Node node, Instant time) {
        node.edited = time.isAfter(node.edited) ? time : node.edited;
    }

    private void tell(String type, Node node, Instant time) {
        listener.accept(new Event(type, node.dataSourceId == null ? node.id : node.dataSourceId, time));
    }

    /** Pages that a connection sees, rows included. */
    public synchronized List<UUID> pages() {
        return nodes.values().stream()
                .filter(node -> !node.isDatabase() && node.isPresent())
                .map(node -> node.id)
                .toList();
    }

    /** The words of a page's title, properties, blocks and comments, in their order, without marks. */
    public synchronized List<String> words(UUID pageId) {
        return Words.of(this, node(pageId));
    }

    public synchronized String title(UUID id) {
        return node(id).title;
    }

    synchronized Node node(UUID id) {
        return Objects.requireNonNull(nodes.get(id), () -> "no page " + id);
    }

    @Nullable
    Node find(UUID nodeId) {
        return nodes.get(nodeId);
    }

    @Nullable
    Node findDataSource(UUID dataSourceId) {
        return byDataSource.get(dataSourceId);
    }

    @Nullable
    Block findBlock(UUID blockId) {
        return blocks.get(blockId);
    }

    Node pageOf(Block block) {
        return Objects.requireNonNull(pageOfBlock.get(block.id));
    }

    /** What a search finds, last edited first. */
    List<Node> search(boolean databases) {
        List<Node> found = new ArrayList<>();
        for (Node node : nodes.values()) {
            if (node.isDatabase() == databases && node.isPresent()) {
                found.add(node);
            }
        }
        found.sort(Comparator.comparing((Node node) -> minute(node.edited))
                .reversed()
                .thenComparing(node -> node.id));
        return found;
    }

    /** Notion tells times to the minute. */
    static Instant minute(Instant time) {
        return time.truncatedTo(ChronoUnit.MINUTES);
    }
}
