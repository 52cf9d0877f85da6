package io.knowledgebase.vectorizer;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.deeplearning4j.text.tokenization.tokenizer.BertWordPieceTokenizer;
import org.deeplearning4j.text.tokenization.tokenizer.preprocessor.BertWordPiecePreProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Cuts text into the word pieces of a lower-casing BERT model exactly as Hugging Face's BertTokenizer does; thread-safe,
 * in time proportional to the text.
 *
 * <p>Both steps are deeplearning4j's. Its preprocessor looks at one code point at a time, so its answers are kept in a
 * table; its tokenizer sees only single words that are not in the vocabulary themselves, of which the latest are
 * remembered. Done here is what it does differently: punctuation outside ASCII separates words, a word with a
 * character that no piece has, or of more than 100 characters, is [UNK] as a whole.
 */
public final class WordPieces {

    private static final int MAXIMUM_WORD_CODE_POINTS = 100;
    private static final int REMEMBERED_WORDS_BITS = 16;

    private final NavigableMap<String, Integer> vocabulary = new TreeMap<>(Collections.reverseOrder());
    private final Map<String, int[]> words;
    private final int[] unknown;
    private final BertWordPiecePreProcessor preProcessor = new BertWordPiecePreProcessor(true, true, null);

    /** What each code point of the basic plane becomes; filled on demand, racing threads write equal values. */
    private final @Nullable String[] folded = new @Nullable String[Character.MIN_SUPPLEMENTARY_CODE_POINT];

    /** Direct-mapped by hash, so it is bounded; racing threads lose an entry at worst. */
    private final @Nullable Split[] remembered = new @Nullable Split[1 << REMEMBERED_WORDS_BITS];

    private final BitSet knownCodePoints = new BitSet();

    /** @param vocabulary pieces to ids, continuations written {@code ##piece}, with {@code [UNK]} */
    WordPieces(Map<String, Integer> vocabulary) {
        this.vocabulary.putAll(vocabulary);
        this.words = new HashMap<>(vocabulary.size() * 2);
        vocabulary.forEach((piece, id) -> words.put(piece, new int[] {id}));
        vocabulary.keySet().forEach(piece -> piece.codePoints().forEach(knownCodePoints::set));
        this.unknown = new int[] {id("[UNK]")};
    }

    /** The number of pieces, without [CLS] and [SEP]. */
    public int count(String text) {
        Walk walk = new Walk(Integer.MAX_VALUE, null);
        walk.over(text);
        return walk.count;
    }

    /** The vocabulary's ids of the pieces, without [CLS] and [SEP]; "[CLS]" in the text is ordinary text. */
    public int[] ids(String text) {
        return ids(text, Integer.MAX_VALUE);
    }

    /** The first {@code maximum} ids; reads no further than it must. */
    int[] ids(String text, int maximum) {
        IntArrayList ids = new IntArrayList(Math.min(maximum, text.length() / 4 + 8));
        new Walk(maximum, ids).over(text);
        return Arrays.copyOf(ids.elements(), Math.min(maximum, ids.size()));
    }

    int id(String piece) {
        Integer id = vocabulary.get(piece);
        if (id == null) {
            throw new IllegalArgumentException("No " + piece + " in a vocabulary of " + vocabulary.size());
        }
        return id;
    }

    int lastId() {
        return Collections.max(vocabulary.values());
    }

    private int[] pieces(String word) {
        int[] whole = words.get(word);
        if (whole != null) {
            return whole;
        }
        int slot = (word.hashCode() * 0x9E3779B9) >>> (Integer.SIZE - REMEMBERED_WORDS_BITS);
        Split known = remembered[slot];
        if (known != null && known.word.equals(word)) {
            return known.pieces;
        }
        int[] pieces = split(word);
        remembered[slot] = new Split(word, pieces);
        return pieces;
    }

    private int[] split(String word) {
        if (!word.codePoints().allMatch(knownCodePoints::get)) {
            return unknown;
        }
        List<String> pieces;
        try {
            pieces = new BertWordPieceTokenizer(word, vocabulary, null, null).getTokens();
        } catch (IllegalStateException noPieceFits) {
            return unknown;
        }
        return pieces.stream().mapToInt(this::id).toArray();
    }

    /** What a code point becomes: nothing, a space, or characters, those of Chinese with spaces around them. */
    private String fold(int codePoint) {
        if (codePoint >= folded.length) {
            return preProcess(codePoint);
        }
        String known = folded[codePoint];
        if (known == null) {
            known = preProcess(codePoint);
            folded[codePoint] = known;
        }
        return known;
    }

    private String preProcess(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.PRIVATE_USE, Character.SURROGATE -> "";
            case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> " ";
            default -> preProcessor.preProcess(Character.toString(codePoint));
        };
    }

    private static boolean isPunctuation(int codePoint) {
        if (codePoint < 128) {
            return codePoint > ' ' && codePoint < 127 && !Character.isLetterOrDigit(codePoint);
        }
        return switch (Character.getType(codePoint)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
    }

    @SuppressWarnings("ArrayRecordComponent") // never leaves this class, never compared
    private record Split(String word, int[] pieces) {}

    /** One way through one text, collecting characters until a word ends. */
    private final class Walk {
        private final int maximum;
        private final @Nullable IntArrayList ids;
        private final char[] word = new char[2 * MAXIMUM_WORD_CODE_POINTS];
        private int wordLength;
        private int wordCodePoints;
        private int count;

        Walk(int maximum, @Nullable IntArrayList ids) {
            this.maximum = maximum;
            this.ids = ids;
        }

        void over(String text) {
            for (int at = 0; at < text.length() && count < maximum; ) {
                char c = text.charAt(at);
                if (c >= 'a' && c <= 'z') {
                    append(c);
                    at++;
                } else {
                    int codePoint = text.codePointAt(at);
                    at += Character.charCount(codePoint);
                    String characters = fold(codePoint);
                    for (int i = 0; i < characters.length(); ) {
                        int character = characters.codePointAt(i);
                        i += Character.charCount(character);
                        accept(character);
                    }
                }
            }
            endWord();
        }

        private void accept(int codePoint) {
            if (codePoint == ' ') {
                endWord();
            } else if (isPunctuation(codePoint)) {
                endWord();
                append(codePoint);
                endWord();
            } else {
                append(codePoint);
            }
        }

        private void append(int codePoint) {
            if (wordCodePoints++ < MAXIMUM_WORD_CODE_POINTS) {
                wordLength += Character.toChars(codePoint, word, wordLength);
            }
        }

        private void endWord() {
            if (wordCodePoints > 0) {
                int[] pieces =
                        wordCodePoints > MAXIMUM_WORD_CODE_POINTS ? unknown : pieces(new String(word, 0, wordLength));
                count += pieces.length;
                if (ids != null) {
                    ids.addElements(ids.size(), pieces);
                }
                wordLength = 0;
                wordCodePoints = 0;
            }
        }
    }
}
