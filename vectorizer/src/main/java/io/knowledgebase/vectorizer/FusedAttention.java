package io.knowledgebase.vectorizer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites an exported BERT graph so that each layer's attention, which reshapes, transposes, multiplies and masks in
 * a dozen nodes, is one MultiHeadAttention node of ONNX Runtime, whose optimiser does not know this export's pattern.
 *
 * <p>Nothing is masked then, so all texts of a batch must have the same length, as the one text of a batch of one has.
 * Measured on one core of a Xeon with VNNI: 3 to 4 % faster at 50 to 160 tokens, 7 % at 200, 10 % at 250. Attention
 * itself differs by less than 1e-6; 8-bit rounding further on makes of it cosines of .997 and more.
 */
final class FusedAttention {

    /** Field numbers of onnx.proto. */
    private static final int MODEL_GRAPH = 7;

    private static final int MODEL_OPERATOR_SET = 8;
    private static final int OPERATOR_SET_DOMAIN = 1;
    private static final int OPERATOR_SET_VERSION = 2;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INPUT = 11;
    private static final int GRAPH_OUTPUT = 12;
    private static final int VALUE_NAME = 1;
    private static final int NODE_INPUT = 1;
    private static final int NODE_OUTPUT = 2;
    private static final int NODE_OPERATOR = 4;
    private static final int NODE_ATTRIBUTE = 5;
    private static final int NODE_DOMAIN = 7;
    private static final int ATTRIBUTE_NAME = 1;
    private static final int ATTRIBUTE_INTEGER = 3;
    private static final int ATTRIBUTE_TYPE = 20;
    private static final int ATTRIBUTE_TYPE_INTEGER = 2;

    private static final String CONTRIBUTED = "com.microsoft";
    private static final Pattern ATTENTION = Pattern.compile("(.*/attention/self/)Reshape_3_output_0");

    private FusedAttention() {}

    /** A model that computes the same; without attention of the expected names it is not rewritten. */
    static byte[] of(byte[] model, int heads) {
        Protobuf.Writer rewritten = new Protobuf.Writer();
        for (Protobuf.Field field : Protobuf.fields(model)) {
            if (field.number() == MODEL_GRAPH) {
                rewritten.message(MODEL_GRAPH, graph(field.fields(), heads));
            } else {
                rewritten.copy(field);
            }
        }
        return rewritten
                .message(
                        MODEL_OPERATOR_SET,
                        new Protobuf.Writer()
                                .string(OPERATOR_SET_DOMAIN, CONTRIBUTED)
                                .integer(OPERATOR_SET_VERSION, 1))
                .toByteArray();
    }

    private static Protobuf.Writer graph(List<Protobuf.Field> graph, int heads) {
        List<Node> nodes = new ArrayList<>();
        Set<String> needed = new HashSet<>();
        for (Protobuf.Field field : graph) {
            if (field.number() == GRAPH_NODE) {
                nodes.add(Node.of(field, heads));
            } else if (field.number() == GRAPH_OUTPUT) {
                needed.addAll(field.strings(VALUE_NAME));
            }
        }
        List<Node> live = new ArrayList<>();
        Collections.reverse(nodes);
        for (Node node : nodes) {
            if (!Collections.disjoint(needed, node.outputs)) {
                live.add(node);
                needed.addAll(node.inputs);
            }
        }
        Collections.reverse(live);

        Protobuf.Writer rewritten = new Protobuf.Writer();
        live.forEach(node -> node.content.writeTo(rewritten));
        for (Protobuf.Field field : graph) {
            boolean unused = field.number() == GRAPH_INPUT && Collections.disjoint(needed, field.strings(VALUE_NAME));
            if (field.number() != GRAPH_NODE && !unused) {
                rewritten.copy(field);
            }
        }
        return rewritten;
    }

    @FunctionalInterface
    private interface Content {
        void writeTo(Protobuf.Writer graph);
    }

    private record Node(List<String> inputs, List<String> outputs, Content content) {

        static Node of(Protobuf.Field field, int heads) {
            List<String> outputs = field.strings(NODE_OUTPUT);
            Matcher attention = ATTENTION.matcher(outputs.get(0));
            return attention.matches()
                    ? attention(attention.group(1), outputs.get(0), heads)
                    : new Node(field.strings(NODE_INPUT), outputs, graph -> graph.copy(field));
        }

        private static Node attention(String layer, String output, int heads) {
            List<String> inputs =
                    List.of(layer + "query/Add_output_0", layer + "key/Add_output_0", layer + "value/Add_output_0");
            Protobuf.Writer node = new Protobuf.Writer();
            inputs.forEach(input -> node.string(NODE_INPUT, input));
            node.string(NODE_OUTPUT, output)
                    .string(NODE_OPERATOR, "MultiHeadAttention")
                    .message(
                            NODE_ATTRIBUTE,
                            new Protobuf.Writer()
                                    .string(ATTRIBUTE_NAME, "num_heads")
                                    .integer(ATTRIBUTE_INTEGER, heads)
                                    .integer(ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INTEGER))
                    .string(NODE_DOMAIN, CONTRIBUTED);
            return new Node(inputs, List.of(output), graph -> graph.message(GRAPH_NODE, node));
        }
    }
}
