package io.knowledgebase.vectorizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A model's weights must not go through the heap of a service that only reads queries with it. */
class SmallHeapTest {

    @Test
    void modelOfNinetyMegabytesLoadsInAHeapOfSixtyFour() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallHeapTest.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("384");
    }

    public static void main(String[] arguments) {
        try (DenseVectorizer model = DenseVectorizer.miniLmFp32()) {
            System.out.println(model.dimension());
        }
    }
}
