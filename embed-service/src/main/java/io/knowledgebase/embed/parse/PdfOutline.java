package io.knowledgebase.embed.parse;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.interactive.documentnavigation.outline.PDDocumentOutline;
import org.apache.pdfbox.pdmodel.interactive.documentnavigation.outline.PDOutlineItem;
import org.apache.pdfbox.pdmodel.interactive.documentnavigation.outline.PDOutlineNode;

/**
 * The bookmarks of a PDF, which has no headings of its own: a line of a page that says what a bookmark to that page says
 * is one.
 */
final class PdfOutline {

    static final PdfOutline NONE = new PdfOutline(Map.of(), List.of());

    private static final int MAX_ITEMS = 5_000;
    private static final int MAX_DEPTH = 6;
    /** Longer ones would be read twice for too long. */
    private static final int MAX_PAGES = 5_000;

    private static final Pattern NOT_LETTERS = Pattern.compile("[^\\p{L}\\p{N}]+");

    /** Levels from 1, by page and letters. */
    private final Map<String, Integer> levels;

    private final List<String> titles;

    private PdfOutline(Map<String, Integer> levels, List<String> titles) {
        this.levels = levels;
        this.titles = titles;
    }

    /** None for a file without bookmarks, and for one that the parser will complain of itself. */
    static PdfOutline of(Path file) {
        try (PDDocument document = Loader.loadPDF(file.toFile())) {
            PDDocumentOutline outline = document.getDocumentCatalog().getDocumentOutline();
            if (outline == null) {
                return NONE;
            }
            IdentityHashMap<COSDictionary, Integer> pages = new IdentityHashMap<>();
            for (PDPage page : document.getPages()) {
                pages.put(page.getCOSObject(), pages.size() + 1);
                if (pages.size() > MAX_PAGES) {
                    return NONE;
                }
            }
            PdfOutline bookmarks = new PdfOutline(new HashMap<>(), new ArrayList<>());
            bookmarks.add(document, pages, outline, 1, Collections.newSetFromMap(new IdentityHashMap<>()));
            return bookmarks;
        } catch (IOException | RuntimeException e) {
            return NONE;
        }
    }

    /** The level of the heading that a line is, or 0 if it is none. */
    int level(int page, String line) {
        return levels.isEmpty() ? 0 : levels.getOrDefault(key(page, line), 0);
    }

    /** What the bookmarks say, in order: all that there is to read in a PDF of pictures. */
    List<String> titles() {
        return titles;
    }

    private void add(
            PDDocument document,
            IdentityHashMap<COSDictionary, Integer> pages,
            PDOutlineNode node,
            int level,
            Set<COSDictionary> seen)
            throws IOException {
        for (PDOutlineItem item : node.children()) {
            if (seen.size() >= MAX_ITEMS || !seen.add(item.getCOSObject())) {
                return; // bookmarks in a circle
            }
            if (item.getTitle() == null) {
                continue;
            }
            titles.add(item.getTitle());
            PDPage target = item.findDestinationPage(document);
            Integer page = target == null ? null : pages.get(target.getCOSObject());
            if (page != null) {
                levels.putIfAbsent(key(page, item.getTitle()), level);
            }
            if (level < MAX_DEPTH) {
                add(document, pages, item, level + 1, seen);
            }
        }
    }

    private static String key(int page, String text) {
        return page + " " + NOT_LETTERS.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    }
}
