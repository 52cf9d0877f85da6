package io.knowledgebase.schemas.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.ser.std.StdSerializer;

/** Floats in JSON as base64 of their little-endian bytes: exact, and less than half the size of decimal numbers. */
final class FloatsAsBase64 {

    private FloatsAsBase64() {}

    static final class Serializer extends StdSerializer<float[]> {

        Serializer() {
            super(float[].class);
        }

        @Override
        public void serialize(float[] floats, JsonGenerator generator, SerializationContext context) {
            ByteBuffer bytes = ByteBuffer.allocate(floats.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(floats);
            generator.writeBinary(bytes.array());
        }
    }

    static final class Deserializer extends StdDeserializer<float[]> {

        Deserializer() {
            super(float[].class);
        }

        @Override
        public float[] deserialize(JsonParser parser, DeserializationContext context) {
            byte[] bytes = parser.getBinaryValue();
            float[] floats = new float[bytes.length / Float.BYTES];
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(floats);
            return floats;
        }
    }
}
