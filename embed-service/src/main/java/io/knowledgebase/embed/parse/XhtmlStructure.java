package io.knowledgebase.embed.parse;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * Turns the XHTML events that Tika's parsers send into blocks; after a br they send a line break themselves. One
 * document each: a part within it has a structure of its own.
 */
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
    private static final Set<String> HIDDEN = Set.of("script", "style", "head", "title", "template", "noscript", "svg");
    /** What a web site shows on each of its pages; a footer often says what no other place does. */
    private static final Set<String> BOILERPLATE = Set.of("nav", "button");

    private static final String CELL_BORDER = " | ";
    private static final int MAX_CELL_BORDERS = 50;

    private final BlockCollector blocks;
    private final boolean hasPages;
    private final boolean keepsBoilerplate;
    private final PdfOutline outline;
    private final RunningLines runningLines = new RunningLines();
    private final StringBuilder text = new StringBuilder();
    /** The paragraphs of the page so far. */
    private final StringBuilder pageText = new StringBuilder();
    /** The cells of a table's row so far. */
    private final StringBuilder row = new StringBuilder();
    /** For each open list the number of its next item, or 0 where items have no number. */
    private final Deque<Integer> lists = new ArrayDeque<>();

    /** Between the last cell with text and the present one: a value stays in its column, whatever is empty. */
    private int cellBorders;

    private int page;
    private int slide;
    private int headingLevel;
    private int rowDepth;
    private int itemDepth;
    private int preDepth;
    private int hiddenDepth;
    private boolean hasBoilerplate;
    private String marker = "";
    /** A heading that is only told if something follows: an empty sheet has none. */
    private @Nullable String upcomingHeading;

    private boolean inSheetName;
    /** Where a sheet is called a page, it begins with its name. */
    private boolean atPageStart;

    /** @param hasPages whether what calls itself a page is one: some call a sheet so */
    XhtmlStructure(BlockCollector blocks, boolean hasPages, boolean keepsBoilerplate, PdfOutline outline) {
        this.blocks = blocks;
        this.hasPages = hasPages;
        this.keepsBoilerplate = keepsBoilerplate;
        this.outline = outline;
    }

    boolean hasPages() {
        return hasPages;
    }

    /** Whether something was left out because it looked like what a site shows on each of its pages. */
    boolean hasBoilerplate() {
        return hasBoilerplate;
    }

    /** Ends what is open, so that a part that follows stands behind it. */
    void pause() throws SAXException {
        if (hiddenDepth == 0) {
            flush();
            endPage();
        }
    }

    @Override
    public void startElement(String uri, String localName, String qName, Attributes attributes) throws SAXException {
        String name = localName.toLowerCase(Locale.ROOT);
        if (isHidden(name)) {
            if (hiddenDepth == 0) {
                flushUnlessInRow();
            }
            hiddenDepth++;
        } else if (isHeading(name)) {
            flush();
            headingLevel = name.charAt(1) - '0';
            inSheetName |= atPageStart && !hasPages;
        } else if (name.equals("tr")) {
            flush();
            rowDepth++;
            cellBorders = 0;
        } else if (name.equals("td") || name.equals("th")) {
            append(" ");
        } else if (LINES.contains(name)) {
            flush();
            itemDepth++;
            if (!name.equals("dd")) {
                marker = name.equals("li") ? nextMarker() : "";
            }
        } else if (name.equals("pre")) {
            flush();
            preDepth++;
        } else if (BLOCKS.contains(name)) {
            if (name.equals("ul") || name.equals("ol")) {
                lists.push(name.equals("ol") ? 1 : 0);
            }
            beginBlock(attributes.getValue("class"));
        }
        atPageStart = BLOCKS.contains(name) && "page".equals(attributes.getValue("class"));
    }

    private void beginBlock(@Nullable String tikaClass) throws SAXException {
        if (tikaClass == null) {
            flushUnlessInRow();
            return;
        }
        switch (tikaClass) {
            case "page" -> {
                flush();
                endPage();
                page += hasPages ? 1 : 0;
            }
            case "slide-content" -> {
                flush();
                slide++;
                upcomingHeading = "Slide " + slide;
            }
            case "sheet" -> {
                flush();
                inSheetName = true;
            }
            default -> flushUnlessInRow();
        }
    }

    @Override
    public void endElement(String uri, String localName, String qName) throws SAXException {
        String name = localName.toLowerCase(Locale.ROOT);
        if (isHidden(name)) {
            hiddenDepth--;
        } else if (isHeading(name)) {
            endHeading();
        } else if (name.equals("td") || name.equals("th")) {
            String cell = CleanText.of(text).replace('\n', ' ');
            text.setLength(0);
            if (!cell.isEmpty()) {
                row.append(CELL_BORDER.repeat(Math.min(cellBorders, MAX_CELL_BORDERS)))
                        .append(cell);
                cellBorders = 0;
            }
            cellBorders++;
        } else if (name.equals("tr")) {
            flush();
            rowDepth = Math.max(0, rowDepth - 1);
            cellBorders = 0;
        } else if (LINES.contains(name)) {
            if (name.equals("dt")) {
                String term = CleanText.of(text).replace('\n', ' ');
                text.setLength(0);
                marker = term.isEmpty()
                        ? ""
                        : term + (term.endsWith(":") ? " " : ": "); // of the line with its description
            }
            flush();
            itemDepth = Math.max(0, itemDepth - 1);
        } else if (name.equals("pre")) {
            flush();
            preDepth = Math.max(0, preDepth - 1);
        } else if (BLOCKS.contains(name)) {
            if (name.equals("ul") || name.equals("ol")) {
                lists.poll();
            }
            flushUnlessInRow();
        }
    }

    private void endHeading() throws SAXException {
        if (inSheetName) {
            inSheetName = false;
            upcomingHeading = CleanText.of(text).replace('\n', ' ');
            text.setLength(0);
        } else {
            flush();
        }
        headingLevel = 0;
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
        endPage();
    }

    /** Thrown to end a parse once the collector is full. */
    static final class LimitReached extends SAXException {

        private static final long serialVersionUID = 1L;
    }

    private boolean isHidden(String name) {
        if (HIDDEN.contains(name)) {
            return true;
        }
        if (BOILERPLATE.contains(name)) {
            hasBoilerplate = true;
            return !keepsBoilerplate;
        }
        return false;
    }

    private String nextMarker() {
        int number = lists.isEmpty() ? 0 : lists.pop();
        if (number == 0) {
            lists.push(0);
            return "- ";
        }
        lists.push(number + 1);
        return number + ". ";
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
        if (row.length() + text.length() + pageText.length() > blocks.room()) {
            flush();
            endPage();
        }
    }

    /** The row goes first: its cells stand before what ends the text, such as a table or a list within the row. */
    private void flush() throws SAXException {
        if (page > 0 && headingLevel + preDepth + itemDepth + rowDepth + row.length() == 0) {
            if (!isBlank(text)) {
                pageText.append(text).append("\n\n");
            }
            text.setLength(0);
            return;
        }
        endPage();
        if (upcomingHeading != null && !(isBlank(row) && isBlank(text))) {
            blocks.name(upcomingHeading, currentPage());
            upcomingHeading = null;
        }
        blocks.line(row, currentPage());
        row.setLength(0);
        if (headingLevel > 0) {
            blocks.heading(headingLevel, text.toString().replace('\n', ' '), currentPage());
        } else if (preDepth > 0) {
            text.toString().lines().forEach(line -> blocks.line(line, currentPage()));
        } else if (itemDepth > 0 || rowDepth > 0) {
            blocks.line(isBlank(text) ? "" : marker + text.toString().strip(), currentPage());
            marker = isBlank(text) ? marker : "";
        } else {
            TextStructure.read(text.toString(), blocks, currentPage());
        }
        text.setLength(0);
        throwIfFull();
    }

    private void throwIfFull() throws LimitReached {
        if (blocks.isFull()) {
            throw new LimitReached();
        }
    }

    private void endPage() throws SAXException {
        if (pageText.length() == 0) {
            return;
        }
        StringBuilder between = new StringBuilder();
        runningLines.without(page, pageText.toString()).lines().forEach(line -> {
            int level = outline.level(page, line);
            if (level == 0) {
                between.append(line).append('\n');
            } else {
                TextStructure.read(CleanText.withoutHyphenation(between.toString()), blocks, page);
                between.setLength(0);
                blocks.heading(level, line, page);
            }
        });
        TextStructure.read(CleanText.withoutHyphenation(between.toString()), blocks, page);
        pageText.setLength(0);
        throwIfFull();
    }

    private static boolean isBlank(CharSequence text) {
        return text.chars().allMatch(Character::isWhitespace);
    }

    private @Nullable Integer currentPage() {
        int current = Math.max(page, slide);
        return current == 0 ? null : current;
    }

    private static boolean isHeading(String name) {
        return name.length() == 2 && name.charAt(0) == 'h' && name.charAt(1) >= '1' && name.charAt(1) <= '6';
    }
}
