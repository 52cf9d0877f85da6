package io.knowledgebase.vectorizer;

import ai.onnxruntime.OnnxJavaType;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turns text into one vector of its meaning with a sentence transformer; thread-safe, and each call computes on its
 * caller's thread alone.
 */
public final class DenseVectorizer implements AutoCloseable {

    private static final String MINI_LM_INT8 = "/all-minilm-l6-v2-q";
    private static final String MINI_LM_FP32 = "/all-minilm-l6-v2";
    private static final int MINI_LM_POSITIONS = 256;
    private static final int MINI_LM_HEADS = 12;

    private static final int CLS_AND_SEP = 2;
    /** [CLS], a word piece, [SEP]. */
    private static final int FEWEST_POSITIONS = 3;

    private static final String INPUT_IDS = "input_ids";
    private static final String ATTENTION_MASK = "attention_mask";
    private static final String TOKEN_TYPE_IDS = "token_type_ids";
    private static final Set<String> INPUTS = Set.of(INPUT_IDS, ATTENTION_MASK, TOKEN_TYPE_IDS);
    private static final int RANK_OF_STATES = 3;

    private final String model;
    private final String digest;
    private final Pooling pooling;
    private final String output;
    private final int[] documentPrompt;
    private final int[] queryPrompt;
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

    /** Which of the states that a model has for each position become the vector. */
    enum Pooling {
        MEAN,
        FIRST
    }

    /** What a model wants to stand before a text; often nothing. */
    record Prompts(String document, String query) {

        static final Prompts NONE = new Prompts("", "");
    }

    interface Source {

        OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options) throws OrtException;
    }

    /**
     * Loads a model and tries it with the longest text and the last piece of its vocabulary.
     *
     * @param digest of the model and its vocabulary, in hexadecimal digits
     * @param maximumPositions word pieces that it reads, [CLS] and [SEP] counted
     */
    DenseVectorizer(
            String model,
            String digest,
            int maximumPositions,
            WordPieces wordPieces,
            Pooling pooling,
            Prompts prompts,
            Source source) {
        this.documentPrompt = wordPieces.ids(prompts.document(), maximumPositions);
        this.queryPrompt = wordPieces.ids(prompts.query(), maximumPositions);
        int prompt = Math.max(documentPrompt.length, queryPrompt.length);
        if (maximumPositions - prompt < FEWEST_POSITIONS) {
            throw new UnusableModelException(
                    model, "it reads at most " + maximumPositions + " word pieces, " + prompt + " of them its prompt");
        }
        this.model = model;
        this.digest = digest;
        this.pooling = pooling;
        this.maximumTokens = maximumPositions - CLS_AND_SEP - prompt;
        this.wordPieces = wordPieces;
        this.cls = wordPieces.id("[CLS]");
        this.sep = wordPieces.id("[SEP]");
        try (OrtSession.SessionOptions options = options()) {
            this.session = source.open(environment, options);
        } catch (OrtException e) {
            throw new UnusableModelException(model, "ONNX Runtime does not load it: " + e.getMessage(), e);
        }
        try {
            this.output = output();
            this.dimension = states().length;
        } catch (OrtException e) {
            close();
            throw new UnusableModelException(model, "its outputs cannot be read: " + e.getMessage(), e);
        } catch (UnusableModelException e) {
            close();
            throw e;
        }
    }

    /** all-MiniLM-L6-v2 in 8-bit integers, from the class path; loading takes about half a second. */
    public static DenseVectorizer miniLm() {
        return ofClassPath(Models.MINI_LM_INT8, MINI_LM_INT8);
    }

    /**
     * The same in 32-bit floats, half as fast. Its 90 MB go by a file that is deleted again, past the heap, which a
     * service that answers searches need not have for it.
     */
    public static DenseVectorizer miniLmFp32() {
        byte[] tokenizer = resource(MINI_LM_FP32 + "-tokenizer.json");
        try {
            Path onnx = Files.createTempFile("kb-", ".onnx");
            try {
                MessageDigest digest = sha256();
                try (InputStream in = new DigestInputStream(open(MINI_LM_FP32 + ".onnx"), digest)) {
                    Files.copy(in, onnx, StandardCopyOption.REPLACE_EXISTING);
                }
                return new DenseVectorizer(
                        Models.MINI_LM_FP32,
                        HexFormat.of().formatHex(digest.digest(tokenizer)),
                        MINI_LM_POSITIONS,
                        new WordPieces(vocabulary(tokenizer)),
                        Pooling.MEAN,
                        Prompts.NONE,
                        (environment, options) -> environment.createSession(onnx.toString(), options));
            } finally {
                Files.delete(onnx);
            }
        } catch (IOException e) {
            throw new UnusableModelException(Models.MINI_LM_FP32, "it cannot be unpacked: " + e.getMessage(), e);
        }
    }

    private static DenseVectorizer ofClassPath(String model, String resource) {
        byte[] onnx = resource(resource + ".onnx");
        byte[] tokenizer = resource(resource + "-tokenizer.json");
        return new DenseVectorizer(
                model,
                digest(onnx, tokenizer),
                MINI_LM_POSITIONS,
                new WordPieces(vocabulary(tokenizer)),
                Pooling.MEAN,
                Prompts.NONE,
                (environment, options) -> environment.createSession(FusedAttention.of(onnx, MINI_LM_HEADS), options));
    }

    /** Name of the output that holds a state for each position, or else one vector for the whole text. */
    private String output() throws OrtException {
        Set<String> unknown = new TreeSet<>(session.getInputNames());
        unknown.removeAll(INPUTS);
        if (!unknown.isEmpty() || !session.getInputNames().contains(INPUT_IDS)) {
            throw new UnusableModelException(
                    model, "its inputs are " + session.getInputNames() + "; " + INPUTS + " are known");
        }
        Map<Integer, String> byRank = new HashMap<>();
        session.getOutputInfo().forEach((name, info) -> {
            if (info.getInfo() instanceof TensorInfo tensor && tensor.type == OnnxJavaType.FLOAT) {
                byRank.putIfAbsent(tensor.getShape().length, name);
            }
        });
        String found = byRank.getOrDefault(RANK_OF_STATES, byRank.get(RANK_OF_STATES - 1));
        if (found == null) {
            throw new UnusableModelException(
                    model, "none of its outputs " + session.getOutputNames() + " holds vectors of 32-bit floats");
        }
        return found;
    }

    /** A vector of the longest text, of the last word piece there is. */
    private float[] states() throws OrtException {
        int[] pieces = new int[maximumTokens + Math.max(documentPrompt.length, queryPrompt.length)];
        Arrays.fill(pieces, wordPieces.lastId());
        try {
            float[] vector = run(pieces);
            for (float value : vector) {
                if (!Float.isFinite(value)) {
                    throw new UnusableModelException(model, "it computes no finite numbers");
                }
            }
            return vector;
        } catch (OrtException e) {
            throw new UnusableModelException(
                    model,
                    "it does not read " + (pieces.length + CLS_AND_SEP) + " word pieces with the id "
                            + wordPieces.lastId() + ", the last one of its vocabulary: either that or its longest text"
                            + " does not fit it: " + e.getMessage(),
                    e);
        }
    }

    public String model() {
        return model;
    }

    /** SHA-256 of the model and its vocabulary: another one is another model, whatever its name. */
    public String digest() {
        return digest;
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

    /**
     * The vector of a document's text: {@code float[dimension]} of unit length; of longer text the first
     * {@link #maximumTokens} pieces are read.
     */
    public float[] vectorize(String text) {
        return vectorize(documentPrompt, text);
    }

    /** As {@link #vectorize}, of a question: some models want to be told which it is. */
    public float[] vectorizeQuery(String text) {
        return vectorize(queryPrompt, text);
    }

    private float[] vectorize(int[] prompt, String text) {
        int[] pieces = wordPieces.ids(text, maximumTokens);
        int[] ids = Arrays.copyOf(prompt, prompt.length + pieces.length);
        System.arraycopy(pieces, 0, ids, prompt.length, pieces.length);
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
                OnnxTensor mask = OnnxTensor.createTensor(environment, LongBuffer.wrap(ones(length)), shape);
                OnnxTensor tokenTypes = OnnxTensor.createTensor(environment, LongBuffer.allocate(length), shape);
                OrtSession.Result result = session.run(
                        inputs(Map.of(INPUT_IDS, inputIds, ATTENTION_MASK, mask, TOKEN_TYPE_IDS, tokenTypes)),
                        Set.of(output))) {
            return unit(pooled((OnnxTensor) result.get(0)));
        }
    }

    private Map<String, OnnxTensor> inputs(Map<String, OnnxTensor> all) {
        Map<String, OnnxTensor> wanted = new HashMap<>(all);
        wanted.keySet().retainAll(session.getInputNames());
        return wanted;
    }

    private static long[] ones(int length) {
        long[] ones = new long[length];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Every position counts, because a batch of one has no padding that an attention mask would leave out. */
    private float[] pooled(OnnxTensor output) {
        long[] shape = output.getInfo().getShape();
        float[] sum = new float[Math.toIntExact(shape[shape.length - 1])];
        float[] state = new float[sum.length];
        FloatBuffer states = output.getFloatBuffer();
        do {
            states.get(state);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += state[i];
            }
        } while (pooling == Pooling.MEAN && states.hasRemaining());
        return sum;
    }

    private static float[] unit(float[] vector) {
        double square = 0;
        for (float value : vector) {
            square += (double) value * value;
        }
        float scale = (float) (1 / Math.sqrt(square));
        for (int i = 0; i < vector.length; i++) {
            vector[i] *= scale;
        }
        return vector;
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

    private static Map<String, Integer> vocabulary(byte[] tokenizer) {
        Map<String, Integer> vocabulary = new HashMap<>();
        JsonMapper.shared()
                .readTree(tokenizer)
                .path("model")
                .path("vocab")
                .forEachEntry((piece, id) -> vocabulary.put(piece, id.asInt()));
        return vocabulary;
    }

    private static String digest(byte[] onnx, byte[] tokenizer) {
        MessageDigest digest = sha256();
        digest.update(onnx);
        return HexFormat.of().formatHex(digest.digest(tokenizer));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream stream = open(name)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + name, e);
        }
    }

    private static InputStream open(String name) {
        InputStream stream = DenseVectorizer.class.getResourceAsStream(name);
        if (stream == null) {
            throw new IllegalStateException("Not on the class path: " + name);
        }
        return stream;
    }
}
