package io.knowledgebase.embed.extract;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Turns the XHTML events that Tika's parsers send into blocks. */
final class XhtmlStructure extends DefaultHandler {

    private static final Set<String> BLOCKS = Set.of(
            "p",
            "div",
            "ul",
            "ol",
            "dl",
            "table",
            "tbody",
            "thead",
            "blockquote",
            "section",
            "article",
            "header",
            "footer",
            "body",
            "form",
            "fieldset",
            "address",
            "figure",
            "figcaption",
            "caption");
    private static final Set<String> LINES = Set.of("li", "dt", "dd", "tr");
    private static final Set<String> HIDDEN = Set.of("script", "style", "head", "title");

    private final BlockCollector blocks;
    private final StringBuilder text = new StringBuilder();
    private final Deque<String> rowCells = new ArrayDeque<>();
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
            rowCells.clear();
        } else if (name.equals("td") || name.equals("th")) {
            text.append(' ');
        } else if (LINES.contains(name)) {
            flush();
            itemDepth++;
        } else if (name.equals("br")) {
            text.append('\n');
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
                rowCells.add(cell);
            }
        } else if (name.equals("tr")) {
            if (!rowCells.isEmpty()) {
                blocks.line(String.join(" | ", rowCells), currentPage());
                rowCells.clear();
            }
            flush();
            rowDepth = Math.max(0, rowDepth - 1);
            stopIfFull();
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
            text.append(characters, start, length);
        }
    }

    @Override
    public void ignorableWhitespace(char[] characters, int start, int length) throws SAXException {
        if (hiddenDepth == 0) {
            text.append(characters, start, length);
        }
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
            text.append(' ');
        } else {
            flush();
        }
    }

    private void flush() throws SAXException {
        if (text.length() == 0) {
            return;
        }
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
        stopIfFull();
    }

    private void stopIfFull() throws SAXException {
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
