package io.knowledgebase.embed.extract;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Turns the XHTML events that Tika's parsers send into blocks; after a br they send a line break themselves. */
final class XhtmlStructure extends DefaultHandler {

    private static final Set<String> BLOCKS = Set.of(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "details",
            "dialog",
            "dir",
            "div",
            "dl",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "header",
            "hgroup",
            "hr",
            "legend",
            "main",
            "menu",
            "nav",
            "ol",
            "optgroup",
            "p",
            "search",
            "section",
            "summary",
            "table",
            "tbody",
            "tfoot",
            "thead",
            "ul");
    private static final Set<String> LINES = Set.of("li", "dt", "dd", "option");
    private static final Set<String> HIDDEN = Set.of("script", "style", "head", "title");

    private final BlockCollector blocks;
    private final StringBuilder text = new StringBuilder();
    /** The cells of a table's row so far. */
    private final StringBuilder row = new StringBuilder();

    private int page;
    private int headingLevel;
    private int rowDepth;
    private int itemDepth;
    private int preDepth;
    private int hiddenDepth;

    XhtmlStructure(BlockCollector blocks) {
        this.blocks = blocks;
    }

    @Override
    public void startElement(String uri, String localName, String qName, Attributes attributes) throws SAXException {
        String name = localName.toLowerCase(Locale.ROOT);
        if (HIDDEN.contains(name)) {
            hiddenDepth++;
        } else if (isHeading(name)) {
            flush();
            headingLevel = name.charAt(1) - '0';
        } else if (name.equals("tr")) {
            flush();
            rowDepth++;
        } else if (name.equals("td") || name.equals("th")) {
            append(" ");
        } else if (LINES.contains(name)) {
            flush();
            itemDepth++;
        } else if (name.equals("pre")) {
            flush();
            preDepth++;
        } else if (BLOCKS.contains(name)) {
            if (name.equals("div") && "page".equals(attributes.getValue("class"))) {
                flush();
                page++;
            } else {
                flushUnlessInRow();
            }
        }
    }

    @Override
    public void endElement(String uri, String localName, String qName) throws SAXException {
        String name = localName.toLowerCase(Locale.ROOT);
        if (HIDDEN.contains(name)) {
            hiddenDepth--;
        } else if (isHeading(name)) {
            flush();
            headingLevel = 0;
        } else if (name.equals("td") || name.equals("th")) {
            String cell = CleanText.of(text).replace('\n', ' ');
            text.setLength(0);
            if (!cell.isEmpty()) {
                row.append(row.length() == 0 ? "" : " | ").append(cell);
            }
        } else if (name.equals("tr")) {
            flush();
            rowDepth = Math.max(0, rowDepth - 1);
        } else if (LINES.contains(name)) {
            flush();
            itemDepth = Math.max(0, itemDepth - 1);
        } else if (name.equals("pre")) {
            flush();
            preDepth = Math.max(0, preDepth - 1);
        } else if (BLOCKS.contains(name)) {
            flushUnlessInRow();
        }
    }

    @Override
    public void characters(char[] characters, int start, int length) throws SAXException {
        if (hiddenDepth == 0) {
            append(new String(characters, start, length));
        }
    }

    @Override
    public void ignorableWhitespace(char[] characters, int start, int length) throws SAXException {
        characters(characters, start, length);
    }

    @Override
    public void endDocument() throws SAXException {
        flush();
    }

    /** Thrown to end a parse once the collector is full. */
    static final class LimitReached extends SAXException {

        private static final long serialVersionUID = 1L;
    }

    private void flushUnlessInRow() throws SAXException {
        if (rowDepth > 0) {
            append(" ");
        } else {
            flush();
        }
    }

    /** A document is never more in memory than it may be, whatever it unpacks to. */
    private void append(String more) throws SAXException {
        text.append(more);
        if (row.length() + text.length() > blocks.room()) {
            flush();
        }
    }

    /** The row goes first: its cells stand before what ends the text, such as a table or a list within the row. */
    private void flush() throws SAXException {
        blocks.line(row, currentPage());
        row.setLength(0);
        if (headingLevel > 0) {
            blocks.heading(headingLevel, text.toString().replace('\n', ' '), currentPage());
        } else if (preDepth > 0) {
            text.toString().lines().forEach(line -> blocks.line(line, currentPage()));
        } else if (itemDepth > 0 || rowDepth > 0) {
            blocks.line(text, currentPage());
        } else {
            TextStructure.read(text.toString(), blocks, currentPage());
        }
        text.setLength(0);
        if (blocks.isFull()) {
            throw new LimitReached();
        }
    }

    private @Nullable Integer currentPage() {
        return page == 0 ? null : page;
    }

    private static boolean isHeading(String name) {
        return name.length() == 2 && name.charAt(0) == 'h' && name.charAt(1) >= '1' && name.charAt(1) <= '6';
    }
}
