package io.knowledgebase.vectorizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** A sentence transformer of one node: each word piece has a vector of its own, and a text has their mean. */
final class TinyModel {

    static final List<String> VOCABULARY = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "ferry", "seven", "##s", "the");

    private static final int FLOAT = 1;
    private static final int INT64 = 7;
    private static final int IR_VERSION = 8;
    private static final int OPERATOR_SET = 13;

    private TinyModel() {}

    /** Writes the files of a model. */
    static Path write(Path folder, int dimension) throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("model.onnx"), onnx("input_ids", VOCABULARY.size(), dimension));
        Files.write(folder.resolve("vocab.txt"), VOCABULARY);
        return folder;
    }

    /** A graph that looks rows up in a table of random numbers. */
    static byte[] onnx(String input, int rows, int dimension) {
        ByteBuffer table = ByteBuffer.allocate(rows * dimension * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Random random = new Random(1);
        while (table.hasRemaining()) {
            table.putFloat((float) random.nextGaussian());
        }
        Protobuf.Writer graph = new Protobuf.Writer()
                .message(
                        1,
                        new Protobuf.Writer()
                                .string(1, "table")
                                .string(1, input)
                                .string(2, "last_hidden_state")
                                .string(4, "Gather"))
                .string(2, "tiny")
                .message(
                        5,
                        new Protobuf.Writer()
                                .integer(1, rows)
                                .integer(1, dimension)
                                .integer(2, FLOAT)
                                .string(8, "table")
                                .bytes(9, table.array()))
                .message(11, value(input, INT64, shape()))
                .message(
                        12,
                        value(
                                "last_hidden_state",
                                FLOAT,
                                shape().message(1, new Protobuf.Writer().integer(1, dimension))));
        return new Protobuf.Writer()
                .integer(1, IR_VERSION)
                .message(7, graph)
                .message(8, new Protobuf.Writer().string(1, "").integer(2, OPERATOR_SET))
                .toByteArray();
    }

    private static Protobuf.Writer shape() {
        return new Protobuf.Writer()
                .message(1, new Protobuf.Writer().string(2, "batch"))
                .message(1, new Protobuf.Writer().string(2, "positions"));
    }

    private static Protobuf.Writer value(String name, int type, Protobuf.Writer shape) {
        return new Protobuf.Writer()
                .string(1, name)
                .message(
                        2,
                        new Protobuf.Writer()
                                .message(
                                        1,
                                        new Protobuf.Writer().integer(1, type).message(2, shape)));
    }
}
