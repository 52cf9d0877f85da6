package io.knowledgebase.local.cutover.shadow;

import io.knowledgebase.vectorizer.DenseVectorizer;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** A user's chunks as Qdrant has them, each with the vector of its text; all of them are looked at for each question. */
final class LegacyChunks {

    private final List<Passage> chunks;
    private final List<float[]> vectors;
    private final DenseVectorizer vectorizer;

    private LegacyChunks(List<Passage> chunks, List<float[]> vectors, DenseVectorizer vectorizer) {
        this.chunks = chunks;
        this.vectors = vectors;
        this.vectorizer = vectorizer;
    }

    /** Makes the vectors, on all processors. */
    static LegacyChunks of(List<Passage> chunks, DenseVectorizer vectorizer) {
        List<float[]> vectors = chunks.parallelStream()
                .map(chunk -> vectorizer.vectorize(chunk.text()))
                .toList();
        return new LegacyChunks(List.copyOf(chunks), vectors, vectorizer);
    }

    int size() {
        return chunks.size();
    }

    /** The nearest ones, the nearest first. */
    List<Passage> nearest(String question, int k) {
        float[] wanted = vectorizer.vectorizeQuery(question);
        double[] similarity =
                vectors.stream().mapToDouble(vector -> dot(wanted, vector)).toArray();
        return IntStream.range(0, similarity.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -similarity[i]))
                .limit(k)
                .map(chunks::get)
                .toList();
    }

    private static double dot(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return sum;
    }
}
