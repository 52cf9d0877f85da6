package io.knowledgebase.vectorizer;

import it.unimi.dsi.fastutil.ints.Int2IntLinkedOpenHashMap;
import it.unimi.dsi.fastutil.ints.Int2IntMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.TermToBytesRefAttribute;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.StringHelper;

/**
 * Turns text into the term weights of BM25, for documents and for queries; thread-safe.
 *
 * <p>A term's id is murmur3 (x86, 32 bits, seed 0) of its UTF-8 bytes, unsigned, modulo 1,000,000,000, plus 1: ids
 * need no dictionary and never change. Of 100,000 different terms about 5 pairs share an id, and then a weight.
 */
public final class SparseVectorizer {

    /**
     * The heaviest terms of a document are kept: 3,216 bytes of {@code sparsevec}, which stay in the row together with
     * a vector of up to 1,024 dimensions (4,104 bytes) on a page of 8 kB. Chunks of 254 word pieces hold fewer terms,
     * but for scripts that the model's vocabulary does not know.
     */
    public static final int MAXIMUM_DOCUMENT_TERMS = 400;

    /** The most frequent terms of a query are kept, the earlier of two as frequent; {@code sparsevec} holds 16,000. */
    public static final int MAXIMUM_QUERY_TERMS = 10_000;

    private static final double K1 = 1.2;
    private static final double B = .75;

    private final double averageLength;
    private final Analyzer analyzer;

    /** @param averageLength terms per document, a constant of the generation: weights must not depend on history */
    public SparseVectorizer(TextAnalysis analysis, double averageLength) {
        if (!(averageLength > 0) || averageLength == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("average length " + averageLength);
        }
        this.averageLength = averageLength;
        this.analyzer = analysis.analyzer();
    }

    /** The document side of BM25: tf·(k1+1)/(tf+k1·(1−b+b·length/averageLength)), k1 = 1.2, b = .75. */
    public TermVector document(String text) {
        Int2IntMap frequencies = frequencies(text);
        long length = 0;
        for (int frequency : frequencies.values()) {
            length += frequency;
        }
        double norm = K1 * (1 - B + B * length / averageLength);
        return vector(heaviest(frequencies, MAXIMUM_DOCUMENT_TERMS), frequency ->
                (float) (frequency * (K1 + 1) / (frequency + norm)));
    }

    /** How often the query has each term; whoever searches multiplies by the terms' idf. */
    public TermVector query(String text) {
        return vector(heaviest(frequencies(text), MAXIMUM_QUERY_TERMS), frequency -> frequency);
    }

    private Int2IntMap frequencies(String text) {
        Int2IntLinkedOpenHashMap frequencies = new Int2IntLinkedOpenHashMap();
        try (TokenStream terms = analyzer.tokenStream("text", text)) {
            TermToBytesRefAttribute term = terms.addAttribute(TermToBytesRefAttribute.class);
            terms.reset();
            while (terms.incrementToken()) {
                frequencies.addTo(id(term.getBytesRef()), 1);
            }
            terms.end();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read a string of " + text.length() + " characters", e);
        }
        return frequencies;
    }

    private static int id(BytesRef term) {
        long hash = Integer.toUnsignedLong(StringHelper.murmurhash3_x86_32(term, 0));
        return (int) (hash % TermVector.MAXIMUM_ID) + 1;
    }

    /** At most {@code maximum} terms by falling frequency, the earlier first; then by id. */
    private static List<Int2IntMap.Entry> heaviest(Int2IntMap frequencies, int maximum) {
        return frequencies.int2IntEntrySet().stream()
                .sorted(Comparator.comparingInt(Int2IntMap.Entry::getIntValue).reversed())
                .limit(maximum)
                .sorted(Comparator.comparingInt(Int2IntMap.Entry::getIntKey))
                .toList();
    }

    private static TermVector vector(List<Int2IntMap.Entry> frequencies, Weight weight) {
        int[] ids = new int[frequencies.size()];
        float[] weights = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = frequencies.get(i).getIntKey();
            weights[i] = weight.of(frequencies.get(i).getIntValue());
        }
        return new TermVector(ids, weights);
    }

    @FunctionalInterface
    private interface Weight {
        float of(int frequency);
    }
}
