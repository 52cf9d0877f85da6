package io.knowledgebase.local.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpServer;
import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadTest {

    @TempDir
    Path folder;

    @Test
    void aFileThatCannotBeReadIsListedAtOnce() throws Exception {
        HttpServer ingest = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ingest.start();
        try {
            Home home = new Home(
                    folder,
                    folder,
                    Map.of(
                            "KB_INGEST_URL",
                            "http://127.0.0.1:" + ingest.getAddress().getPort()));
            Upload upload =
                    new Upload(new ServiceClient(home, Service.INGEST, "anna", List.of()), 1, UploadProgress.silent());
            // Everybody may open it and nobody, not even root, may read where it begins.
            UploadFile unreadable = new UploadFile(Path.of("/proc/self/mem"), "mem");

            List<UploadedDocument> documents =
                    assertTimeoutPreemptively(Duration.ofSeconds(30), () -> upload.run(List.of(unreadable), true));

            assertThat(documents).singleElement().satisfies(document -> {
                assertThat(document.status()).isEqualTo("refused");
                assertThat(document.detail()).contains("cannot be read");
            });
        } finally {
            ingest.stop(0);
        }
    }
}
