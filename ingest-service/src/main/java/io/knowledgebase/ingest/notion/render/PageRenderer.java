package io.knowledgebase.ingest.notion.render;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.commonmark.ext.gfm.tables.TableBlock;
import org.commonmark.ext.gfm.tables.TableBody;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TableHead;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.BlockQuote;
import org.commonmark.node.BulletList;
import org.commonmark.node.Document;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlInline;
import org.commonmark.node.ListBlock;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.OrderedList;
import org.commonmark.node.Paragraph;
import org.commonmark.node.Text;
import org.commonmark.renderer.markdown.MarkdownRenderer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * Reads the block tree of a page and writes it as Markdown. Pages and databases within are links: they are documents of
 * their own. What is not understood is left out and counted; it never keeps the rest of the page from being read.
 */
public final class PageRenderer {

    private static final int DEEPEST = 40;
    /** Of the blocks as JSON; of the text of 100,000 usual blocks it is a sixth. */
    private static final long MOST_CHARACTERS = 96L * 1024 * 1024;

    private static final MarkdownRenderer MARKDOWN = MarkdownRenderer.builder()
            .extensions(List.of(TablesExtension.create()))
            .build();

    private final BlockSource source;
    private final int maxBlocks;
    private final Set<String> path = new HashSet<>();
    private final Map<String, Integer> skipped = new TreeMap<>();
    private final List<Attachment> attachments = new ArrayList<>();
    private int blocks;
    private long characters;

    private PageRenderer(BlockSource source, int maxBlocks) {
        this.source = source;
        this.maxBlocks = maxBlocks;
    }

    /**
     * Renders one page.
     *
     * @param properties by name, which come first
     * @param comments which come last, each a line
     * @param maxBlocks after how many the rest is left out
     */
    public static RenderedPage render(
            String pageId, Map<String, String> properties, BlockSource source, List<String> comments, int maxBlocks) {
        PageRenderer renderer = new PageRenderer(source, maxBlocks);
        Document document = new Document();
        appendList(
                document,
                properties.entrySet().stream()
                        .map(property -> property.getKey() + ": " + property.getValue())
                        .toList());
        renderer.appendChildren(document, pageId, 0);
        if (!comments.isEmpty()) {
            Heading heading = new Heading();
            heading.setLevel(1);
            heading.appendChild(new Text("Comments"));
            document.appendChild(heading);
            appendList(document, comments);
        }
        return new RenderedPage(MARKDOWN.render(document), renderer.blocks, renderer.attachments, renderer.skipped);
    }

    private static void appendList(Node parent, List<String> lines) {
        BulletList list = new BulletList();
        list.setTight(true);
        for (String line : lines) {
            ListItem item = new ListItem();
            Paragraph text = new Paragraph();
            RichText.append(text, line.replaceAll("\\R", " "));
            item.appendChild(text);
            list.appendChild(item);
        }
        appendIfFilled(parent, list);
    }

    private void appendChildren(Node parent, String blockId, int depth) {
        if (depth > DEEPEST) {
            skip("too-deep");
            return;
        }
        if (!path.add(blockId)) {
            skip("cycle");
            return;
        }
        boolean seen = source.children(blockId, block -> {
            if (blocks >= maxBlocks) {
                skip("too-many");
                return false;
            }
            characters += block.toString().length();
            if (characters > MOST_CHARACTERS) {
                skip("too-long");
                return false;
            }
            blocks++;
            append(parent, block, depth);
            return true;
        });
        if (!seen) {
            skip("no-access");
        }
        path.remove(blockId);
    }

    private void append(Node parent, JsonNode block, int depth) {
        String type = block.path("type").asString("");
        String id = block.path("id").asString("");
        JsonNode value = type.isEmpty() ? MissingNode.getInstance() : block.path(type);
        if (id.isEmpty() || !value.isObject()) {
            skip("malformed");
            return;
        }
        switch (type) {
            case "paragraph" -> {
                appendParagraph(parent, value.path("rich_text"));
                appendChildren(parent, block, depth);
            }
            case "heading_1", "heading_2", "heading_3", "heading_4" -> {
                Heading heading = new Heading();
                heading.setLevel(type.charAt(type.length() - 1) - '0');
                // A heading is one line.
                RichText.append(heading, RichText.plain(value.path("rich_text")).replaceAll("\\R", " "));
                appendIfFilled(parent, heading);
                appendChildren(parent, block, depth);
            }
            case "bulleted_list_item", "toggle" -> appendItem(parent, block, value, new BulletList(), "", depth);
            case "numbered_list_item" -> appendItem(parent, block, value, numbered(value), "", depth);
            case "to_do" ->
                appendItem(
                        parent,
                        block,
                        value,
                        new BulletList(),
                        value.path("checked").asBoolean(false) ? "[x] " : "[ ] ",
                        depth);
            case "quote", "callout" -> {
                BlockQuote quote = new BlockQuote();
                appendParagraph(quote, value.path("rich_text"));
                appendChildren(quote, block, depth);
                appendIfFilled(parent, quote);
            }
            case "code" -> {
                FencedCodeBlock code = new FencedCodeBlock();
                String text = RichText.plain(value.path("rich_text"));
                code.setFenceCharacter("`");
                code.setOpeningFenceLength(fence(text));
                code.setInfo(value.path("language").asString("").replace("plain text", ""));
                code.setLiteral(text + "\n");
                parent.appendChild(code);
                appendParagraph(parent, value.path("caption"));
            }
            case "equation" ->
                appendParagraph(parent, "$$" + value.path("expression").asString("") + "$$", null);
            case "table" -> appendTable(parent, block, value);
            case "bookmark", "embed", "link_preview" -> {
                String url = value.path("url").asString("");
                String caption = RichText.plain(value.path("caption"));
                appendParagraph(parent, caption.isEmpty() ? url : caption, url);
            }
            case "image", "video", "audio", "pdf", "file" -> appendFile(parent, block, type, value);
            case "child_page", "child_database" ->
                appendParagraph(parent, value.path("title").asString(""), RichText.address(id));
            case "link_to_page" -> {
                String target = value.path(value.path("type").asString("")).asString("");
                appendParagraph(parent, target.isEmpty() ? "" : RichText.address(target), null);
            }
            case "synced_block" -> {
                String original = value.path("synced_from").path("block_id").asString("");
                if (original.isEmpty()) {
                    appendChildren(parent, block, depth);
                } else {
                    appendChildren(parent, original, depth + 1);
                }
            }
            case "meeting_notes", "transcription" -> {
                appendParagraph(parent, value.path("title"));
                for (String part : List.of("summary", "notes", "transcript")) {
                    String partId =
                            value.path("children").path(part + "_block_id").asString("");
                    if (!partId.isEmpty()) {
                        appendChildren(parent, partId, depth + 1);
                    }
                }
            }
            case "template" -> {
                appendParagraph(parent, value.path("rich_text"));
                appendChildren(parent, block, depth);
            }
            case "column_list", "column", "tab" -> appendChildren(parent, block, depth);
            case "table_of_contents", "breadcrumb", "divider" -> {} // these have no text
            default -> {
                skip("unsupported".equals(type) ? unsupported(value) : type);
                appendParagraph(parent, value.path("rich_text"));
                appendChildren(parent, block, depth);
            }
        }
    }

    private static String unsupported(JsonNode value) {
        String type = value.path("block_type").asString("");
        return type.isEmpty() ? "unsupported" : type;
    }

    private void appendChildren(Node parent, JsonNode block, int depth) {
        if (block.path("has_children").asBoolean(false)) {
            appendChildren(parent, block.path("id").asString(""), depth + 1);
        }
    }

    private void appendItem(Node parent, JsonNode block, JsonNode value, ListBlock newList, String mark, int depth) {
        ListItem item = new ListItem();
        Paragraph text = new Paragraph();
        if (!mark.isEmpty()) {
            text.appendChild(literally(mark));
        }
        RichText.append(text, value.path("rich_text"));
        item.appendChild(text);
        appendChildren(item, block, depth);
        Node before = parent.getLastChild();
        if (before != null && before.getClass() == newList.getClass()) {
            before.appendChild(item);
        } else {
            newList.setTight(true);
            newList.appendChild(item);
            parent.appendChild(newList);
        }
    }

    /** Brackets as text would be escaped. */
    private static Node literally(String text) {
        HtmlInline literal = new HtmlInline();
        literal.setLiteral(text);
        return literal;
    }

    private static OrderedList numbered(JsonNode value) {
        OrderedList list = new OrderedList();
        list.setMarkerStartNumber(Math.max(0, value.path("list_start_index").asInt(1)));
        list.setMarkerDelimiter(".");
        return list;
    }

    private void appendTable(Node parent, JsonNode block, JsonNode value) {
        TableBlock table = new TableBlock();
        TableHead head = new TableHead();
        TableBody body = new TableBody();
        table.appendChild(head);
        int width = Math.max(1, value.path("table_width").asInt(1));
        boolean headed = value.path("has_column_header").asBoolean(false);
        if (!headed) {
            head.appendChild(row(MissingNode.getInstance(), width, true)); // Markdown has no table without
        }
        boolean seen = source.children(block.path("id").asString(""), row -> {
            if (blocks >= maxBlocks) {
                skip("too-many");
                return false;
            }
            blocks++;
            JsonNode cells = row.path("table_row").path("cells");
            if (!cells.isArray()) {
                skip("malformed");
            } else if (head.getFirstChild() == null) {
                head.appendChild(row(cells, width, true));
            } else {
                body.appendChild(row(cells, width, false));
            }
            return true;
        });
        if (!seen) {
            skip("no-access");
        }
        if (body.getFirstChild() != null) {
            table.appendChild(body);
        }
        if (head.getFirstChild() != null) {
            parent.appendChild(table);
        }
    }

    private static TableRow row(JsonNode cells, int width, boolean header) {
        TableRow row = new TableRow();
        for (int i = 0; i < Math.max(width, cells.size()); i++) {
            TableCell cell = new TableCell();
            cell.setHeader(header);
            // A row is one line.
            RichText.append(cell, RichText.plain(cells.path(i)).replaceAll("\\R", " "));
            row.appendChild(cell);
        }
        return row;
    }

    private void appendFile(Node parent, JsonNode block, String type, JsonNode value) {
        String caption = RichText.plain(value.path("caption"));
        String name = value.path("name").asString("");
        String kept = value.path("file").path("url").asString("");
        String external = value.path("external").path("url").asString("");
        if (!kept.isEmpty()) {
            name = name.isEmpty() ? kept.replaceFirst("[?#].*", "").replaceFirst(".*/", "") : name;
            attachments.add(new Attachment(
                    block.path("id").asString(""),
                    name.isEmpty() ? type : name,
                    block.path("last_edited_time").asString(""),
                    kept));
        }
        String text = caption.isEmpty() ? name : caption;
        appendParagraph(parent, text.isEmpty() ? external : text, external.isEmpty() ? null : external);
    }

    private static void appendParagraph(Node parent, JsonNode runs) {
        Paragraph paragraph = new Paragraph();
        RichText.append(paragraph, runs);
        appendIfFilled(parent, paragraph);
    }

    private static void appendParagraph(Node parent, String text, @Nullable String destination) {
        Paragraph paragraph = new Paragraph();
        if (destination == null || destination.isEmpty() || text.isEmpty()) {
            RichText.append(paragraph, text);
        } else {
            RichText.append(paragraph, text, destination);
        }
        appendIfFilled(parent, paragraph);
    }

    private static void appendIfFilled(Node parent, Node child) {
        if (child.getFirstChild() != null) {
            parent.appendChild(child);
        }
    }

    private static int fence(String text) {
        int longest = 2;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            run = text.charAt(i) == '`' ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest + 1;
    }

    private void skip(String reason) {
        skipped.merge(reason, 1, Integer::sum);
    }
}
