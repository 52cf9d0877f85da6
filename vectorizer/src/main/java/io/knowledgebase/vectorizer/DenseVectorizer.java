package io.knowledgebase.vectorizer;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turns text into one vector of its meaning with a sentence transformer; thread-safe, and each call computes on its
 * caller's thread alone.
 */
public final class DenseVectorizer implements AutoCloseable {

    private static final String MINI_LM = "/all-minilm-l6-v2-q.onnx";
    private static final String MINI_LM_TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";

    private static final int CLS_AND_SEP = 2;

    private final String model;
    private final int maximumTokens;
    private final int dimension;
    private final WordPieces wordPieces;
    private final long cls;
    private final long sep;
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    /** Closing a session in use would crash the process: runs share this lock, close takes it alone. */
    private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();

    private boolean closed;

    private DenseVectorizer(String model, int maximumPositions, WordPieces wordPieces, byte[] onnx) {
        this.model = model;
        this.maximumTokens = maximumPositions - CLS_AND_SEP;
        this.wordPieces = wordPieces;
        this.cls = wordPieces.id("[CLS]");
        this.sep = wordPieces.id("[SEP]");
        try (OrtSession.SessionOptions options = options()) {
            this.session = environment.createSession(onnx, options);
            TensorInfo output = (TensorInfo)
                    session.getOutputInfo().values().iterator().next().getInfo();
            long[] shape = output.getShape();
            this.dimension = Math.toIntExact(shape[shape.length - 1]);
        } catch (OrtException e) {
            throw new IllegalStateException("Cannot load the model " + model, e);
        }
    }

    /** all-MiniLM-L6-v2 in 8-bit integers, from the class path; loading takes about half a second. */
    public static DenseVectorizer miniLm() {
        return new DenseVectorizer(
                "all-minilm-l6-v2-int8",
                256,
                new WordPieces(vocabulary(MINI_LM_TOKENIZER)),
                FusedAttention.of(resource(MINI_LM), 12));
    }

    public String model() {
        return model;
    }

    public int dimension() {
        return dimension;
    }

    /** How many word pieces {@link #vectorize} reads, [CLS] and [SEP] not counted. */
    public int maximumTokens() {
        return maximumTokens;
    }

    public WordPieces wordPieces() {
        return wordPieces;
    }

    /** {@code float[dimension]} of unit length; of longer text the first {@link #maximumTokens} pieces are read. */
    public float[] vectorize(String text) {
        int[] ids = wordPieces.ids(text, maximumTokens);
        Lock running = lifetime.readLock();
        running.lock();
        try {
            if (closed) {
                throw new IllegalStateException("The vectorizer of " + model + " is closed");
            }
            return run(ids);
        } catch (OrtException e) {
            throw new IllegalStateException("The model " + model + " failed on " + ids.length + " word pieces", e);
        } finally {
            running.unlock();
        }
    }

    private float[] run(int[] pieces) throws OrtException {
        int length = pieces.length + CLS_AND_SEP;
        long[] ids = new long[length];
        ids[0] = cls;
        for (int i = 0; i < pieces.length; i++) {
            ids[i + 1] = pieces[i];
        }
        ids[length - 1] = sep;
        long[] shape = {1, length};
        try (OnnxTensor inputIds = OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), shape);
                OnnxTensor tokenTypes = OnnxTensor.createTensor(environment, LongBuffer.allocate(length), shape);
                OrtSession.Result result = session.run(Map.of("input_ids", inputIds, "token_type_ids", tokenTypes))) {
            return unitMean((OnnxTensor) result.get(0), length);
        }
    }

    /** Every position counts, because a batch of one has no padding that an attention mask would leave out. */
    private float[] unitMean(OnnxTensor states, int length) {
        FloatBuffer buffer = states.getFloatBuffer();
        float[] state = new float[dimension];
        float[] sum = new float[dimension];
        for (int position = 0; position < length; position++) {
            buffer.get(state);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += state[i];
            }
        }
        double square = 0;
        for (float value : sum) {
            square += (double) value * value;
        }
        float scale = (float) (1 / Math.sqrt(square));
        for (int i = 0; i < sum.length; i++) {
            sum[i] *= scale;
        }
        return sum;
    }

    /** Waits for the calls that run; a repeat does nothing. */
    @Override
    public void close() {
        Lock alone = lifetime.writeLock();
        alone.lock();
        try {
            if (!closed) {
                closed = true;
                session.close();
            }
        } catch (OrtException e) {
            throw new IllegalStateException("Cannot close the model " + model, e);
        } finally {
            alone.unlock();
        }
    }

    private static OrtSession.SessionOptions options() throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        options.addConfigEntry("session.inter_op.allow_spinning", "0");
        return options;
    }

    private static Map<String, Integer> vocabulary(String tokenizer) {
        Map<String, Integer> vocabulary = new HashMap<>();
        JsonMapper.shared()
                .readTree(resource(tokenizer))
                .path("model")
                .path("vocab")
                .forEachEntry((piece, id) -> vocabulary.put(piece, id.asInt()));
        return vocabulary;
    }

    private static byte[] resource(String name) {
        try (InputStream stream = DenseVectorizer.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("Not on the class path: " + name);
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + name, e);
        }
    }
}
