package io.knowledgebase.embed.parse;

import java.util.List;
import java.util.regex.Pattern;
import org.commonmark.ext.front.matter.YamlFrontMatterBlock;
import org.commonmark.ext.front.matter.YamlFrontMatterExtension;
import org.commonmark.ext.front.matter.YamlFrontMatterNode;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TableRow;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.BulletList;
import org.commonmark.node.Code;
import org.commonmark.node.CustomBlock;
import org.commonmark.node.CustomNode;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.Image;
import org.commonmark.node.IndentedCodeBlock;
import org.commonmark.node.ListItem;
import org.commonmark.node.Node;
import org.commonmark.node.OrderedList;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;

/** Reads Markdown as a person does: headings, paragraphs, items, rows and code, without the marks. */
final class MarkdownStructure extends AbstractVisitor {

    private static final Parser PARSER = Parser.builder()
            .extensions(List.of(TablesExtension.create(), YamlFrontMatterExtension.create()))
            .build();

    /** A comment, or a tag; one that is never closed is not searched for its end again and again. */
    private static final Pattern HTML_MARK = Pattern.compile("(?s)<!--.*?(?:-->|\\z)|<[^<>]*+>");

    private final BlockCollector blocks;
    /** Of the list's item that begins. */
    private String marker = "";

    private MarkdownStructure(BlockCollector blocks) {
        this.blocks = blocks;
    }

    static void read(String markdown, BlockCollector blocks) {
        PARSER.parse(markdown).accept(new MarkdownStructure(blocks));
    }

    @Override
    public void visit(Heading heading) {
        blocks.heading(heading.getLevel(), inlineText(heading), null);
    }

    @Override
    public void visit(BulletList list) {
        visitItems(list, 0);
    }

    @Override
    public void visit(OrderedList list) {
        Integer first = list.getMarkerStartNumber();
        visitItems(list, first == null ? 1 : first);
    }

    /** @param first number of the first item, or 0 where items have none */
    private void visitItems(Node list, int first) {
        int number = first;
        for (Node item = list.getFirstChild(); item != null; item = item.getNext()) {
            marker = first == 0 ? "- " : number++ + ". ";
            item.accept(this);
        }
    }

    @Override
    public void visit(Paragraph paragraph) {
        if (paragraph.getParent() instanceof ListItem) {
            blocks.line(marker + inlineText(paragraph), null);
            marker = "";
        } else {
            blocks.paragraph(inlineText(paragraph), null);
        }
    }

    @Override
    public void visit(FencedCodeBlock code) {
        lines(code.getLiteral());
    }

    @Override
    public void visit(IndentedCodeBlock code) {
        lines(code.getLiteral());
    }

    @Override
    public void visit(HtmlBlock html) {
        blocks.paragraph(HTML_MARK.matcher(html.getLiteral()).replaceAll(" "), null);
    }

    @Override
    public void visit(CustomBlock block) {
        if (block instanceof YamlFrontMatterBlock) {
            for (Node node = block.getFirstChild(); node != null; node = node.getNext()) {
                if (node instanceof YamlFrontMatterNode entry) {
                    blocks.line(entry.getKey() + ": " + String.join(", ", entry.getValues()), null);
                }
            }
        } else {
            visitChildren(block);
        }
    }

    @Override
    public void visit(CustomNode node) {
        if (node instanceof TableRow row) {
            StringBuilder cells = new StringBuilder();
            for (Node cell = row.getFirstChild(); cell != null; cell = cell.getNext()) {
                if (cell instanceof TableCell) {
                    cells.append(cells.length() == 0 ? "" : " | ").append(inlineText(cell));
                }
            }
            blocks.line(cells, null);
        } else {
            visitChildren(node);
        }
    }

    private void lines(String code) {
        code.lines().forEach(line -> blocks.line(line, null));
    }

    private static String inlineText(Node parent) {
        StringBuilder text = new StringBuilder();
        parent.accept(new AbstractVisitor() {
            @Override
            public void visit(Text node) {
                text.append(node.getLiteral());
            }

            @Override
            public void visit(Code node) {
                text.append(node.getLiteral());
            }

            @Override
            public void visit(Image node) {
                visitChildren(node);
            }

            @Override
            public void visit(SoftLineBreak node) {
                text.append(' ');
            }

            @Override
            public void visit(HardLineBreak node) {
                text.append('\n');
            }
        });
        return text.toString();
    }
}
