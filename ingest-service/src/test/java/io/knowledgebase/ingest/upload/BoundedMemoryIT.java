package io.knowledgebase.ingest.upload;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.IngestService;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BoundedMemoryIT {

    private static final int HEAP_MIB = 96;
    private static final int UPLOADS = 12;
    private static final int UPLOAD_MIB = 20;

    @Test
    void uploadsThatTogetherExceedTheHeapAreTakenAtOnce() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(UPLOADS);
        try (IngestService service = IngestService.startProcess("memory", HEAP_MIB)) {
            List<Callable<Integer>> uploads = IntStream.range(0, UPLOADS)
                    .<Callable<Integer>>mapToObj(i -> () -> service.send(service.request("ann", "/v1/documents")
                                    .header("Content-Type", "multipart/form-data; boundary=b")
                                    .POST(HttpRequest.BodyPublishers.ofInputStream(() -> form(i))))
                            .status())
                    .toList();
            for (Future<Integer> status : clients.invokeAll(uploads)) {
                assertThat(status.get()).isEqualTo(202);
            }
            assertThat(service.count("document_content_parts")).isEqualTo(UPLOADS * UPLOAD_MIB);
        } finally {
            clients.shutdown();
        }
    }

    private static InputStream form(int number) {
        byte[] mebibyte = new byte[1024 * 1024];
        mebibyte[0] = (byte) number;
        List<ByteArrayInputStream> content = IntStream.range(0, UPLOAD_MIB)
                .mapToObj(i -> new ByteArrayInputStream(mebibyte))
                .toList();
        return new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream(
                        ("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f" + number + "\"\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8)),
                new SequenceInputStream(Collections.enumeration(content)),
                new ByteArrayInputStream("\r\n--b--\r\n".getBytes(StandardCharsets.UTF_8)))));
    }
}
