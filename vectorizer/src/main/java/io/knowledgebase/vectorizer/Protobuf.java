package io.knowledgebase.vectorizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** As much of Protocol Buffers' wire format as it takes to replace nodes of an ONNX graph. */
final class Protobuf {

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;

    private Protobuf() {}

    static List<Field> fields(byte[] message) {
        return fields(message, 0, message.length);
    }

    private static List<Field> fields(byte[] message, int start, int end) {
        List<Field> fields = new ArrayList<>();
        Reader reader = new Reader(message, start);
        while (reader.at < end) {
            int from = reader.at;
            long tag = reader.varint();
            int content = reader.at;
            switch ((int) tag & 7) {
                case VARINT -> reader.varint();
                case FIXED_64 -> reader.at += Long.BYTES;
                case FIXED_32 -> reader.at += Integer.BYTES;
                case LENGTH_DELIMITED -> {
                    int length = Math.toIntExact(reader.varint());
                    content = reader.at;
                    reader.at += length;
                }
                default -> throw new IllegalArgumentException("Wire type " + (tag & 7) + " at byte " + from);
            }
            fields.add(new Field((int) (tag >>> 3), message, from, content, reader.at));
        }
        return fields;
    }

    /** A field of a message, by its place there: weights of many megabytes are not copied. */
    static final class Field {
        private final int number;
        private final byte[] message;
        private final int start;
        private final int content;
        private final int end;

        private Field(int number, byte[] message, int start, int content, int end) {
            this.number = number;
            this.message = message;
            this.start = start;
            this.content = content;
            this.end = end;
        }

        int number() {
            return number;
        }

        List<Field> fields() {
            return Protobuf.fields(message, content, end);
        }

        /** The strings of one repeated field of this message. */
        List<String> strings(int field) {
            return fields().stream()
                    .filter(inner -> inner.number == field)
                    .map(Field::string)
                    .toList();
        }

        String string() {
            return new String(message, content, end - content, StandardCharsets.UTF_8);
        }
    }

    static final class Writer {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Writer copy(Field field) {
            out.write(field.message, field.start, field.end - field.start);
            return this;
        }

        Writer message(int number, Writer message) {
            return bytes(number, message.out.toByteArray());
        }

        Writer string(int number, String text) {
            return bytes(number, text.getBytes(StandardCharsets.UTF_8));
        }

        Writer integer(int number, long value) {
            varint(((long) number << 3) | VARINT);
            varint(value);
            return this;
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }

        Writer bytes(int number, byte[] bytes) {
            varint(((long) number << 3) | LENGTH_DELIMITED);
            varint(bytes.length);
            out.write(bytes, 0, bytes.length);
            return this;
        }

        private void varint(long value) {
            long rest = value;
            for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
                out.write((int) ((rest & 0x7F) | 0x80));
            }
            out.write((int) rest);
        }
    }

    private static final class Reader {
        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes, int at) {
            this.bytes = bytes;
            this.at = at;
        }

        long varint() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte next = bytes[at++];
                value |= (long) (next & 0x7F) << shift;
                if (next >= 0) {
                    return value;
                }
            }
        }
    }
}
