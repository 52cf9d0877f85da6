package io.knowledgebase.vectorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FusedAttentionTest {

    private static final String MINI_LM = "/all-minilm-l6-v2-q.onnx";

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();

    @Test
    void fusedModelComputesTheSameVectorsWithoutAMask() throws Exception {
        byte[] original;
        try (InputStream stream = FusedAttentionTest.class.getResourceAsStream(MINI_LM)) {
            original = stream.readAllBytes();
        }
        try (OrtSession expected = environment.createSession(original);
                OrtSession fused = environment.createSession(FusedAttention.of(original, 12))) {
            assertThat(expected.getInputNames()).contains("attention_mask");
            assertThat(fused.getInputNames()).containsExactlyInAnyOrder("input_ids", "token_type_ids");
            for (int length : new int[] {1, 2, 20, 130, 256}) {
                assertThat(cosine(mean(expected, length), mean(fused, length))).isCloseTo(1, within(.01));
            }
        }
    }

    private float[] mean(OrtSession session, int length) throws Exception {
        long[] shape = {1, length};
        long[] ids = LongStream.range(0, length).map(i -> 2_000 + i * 37).toArray();
        long[] ones = new long[length];
        Arrays.fill(ones, 1);
        Map<String, OnnxTensor> inputs = new HashMap<>();
        inputs.put("input_ids", OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape));
        inputs.put("attention_mask", OnnxTensor.createTensor(environment, LongBuffer.wrap(ones), shape));
        inputs.put("token_type_ids", OnnxTensor.createTensor(environment, LongBuffer.allocate(length), shape));
        inputs.keySet().retainAll(session.getInputNames());
        try (OrtSession.Result result = session.run(inputs)) {
            FloatBuffer states = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] sum = new float[384];
            while (states.hasRemaining()) {
                int column = states.position() % 384;
                sum[column] += states.get();
            }
            return sum;
        }
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        double squareA = 0;
        double squareB = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
            squareA += (double) a[i] * a[i];
            squareB += (double) b[i] * b[i];
        }
        return product / Math.sqrt(squareA * squareB);
    }
}
