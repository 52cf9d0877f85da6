package io.knowledgebase.local.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.servers.Ports;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineExaminationTest {

    @TempDir
    Path folder;

    @Test
    void aServersPortThatAnotherProgramTookIsAFinding() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Home home = new Home(
                    folder,
                    folder,
                    Map.of(
                            "KB_POSTGRES_PORT",
                            Integer.toString(taken.getLocalPort()),
                            "KB_KAFKA_PORT",
                            Integer.toString(Ports.free())));
            assertThat(new MachineExamination(home).ports())
                    .filteredOn(finding -> finding.level() == Finding.Level.FAIL)
                    .singleElement()
                    .satisfies(finding -> {
                        assertThat(finding.check()).isEqualTo("port " + taken.getLocalPort());
                        assertThat(finding.mend()).contains("KB_POSTGRES_PORT");
                    });
        }
    }

    @Test
    void portsOfServersThatExistAlreadyAreNotLookedAt() {
        Home home = new Home(
                folder,
                folder,
                Map.of("KB_DATABASE_URL", "postgresql://a:b@db/kb", "KB_KAFKA_BOOTSTRAP", "kafka:9092"));
        assertThat(new MachineExamination(home).ports()).isEmpty();
    }
}
