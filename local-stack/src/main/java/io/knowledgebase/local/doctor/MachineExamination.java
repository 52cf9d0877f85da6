package io.knowledgebase.local.doctor;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.vectorizer.DenseVectorizer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Examines this machine: Java, disk, model, and the services on their ports. */
final class MachineExamination {

    private static final long LEAST_FREE_BYTES = 2L << 30;
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int MIB_PER_GIB = 1024;

    private final Home home;

    MachineExamination(Home home) {
        this.home = home;
    }

    List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.ok("Java", System.getProperty("java.vm.version")));
        findings.add(disk());
        findings.add(model());
        findings.addAll(ports());
        return findings;
    }

    /** Of the servers that kb up starts. */
    List<Finding> ports() {
        List<Finding> findings = new ArrayList<>();
        if (home.ownsPostgres()) {
            findings.add(port("PostgreSQL", home.postgres().isRunning(), home.postgresPort(), "KB_POSTGRES_PORT"));
        }
        if (home.ownsKafka()) {
            boolean runs = home.kafka().isRunning();
            findings.add(port("Kafka", runs, home.kafkaPort(), "KB_KAFKA_PORT"));
            findings.add(port("Kafka's controller", runs, home.kafkaControllerPort(), "KB_KAFKA_CONTROLLER_PORT"));
        }
        return findings;
    }

    private static Finding port(String server, boolean runs, int port, String setting) {
        String check = "port " + port;
        if (runs) {
            return Finding.ok(check, server + " runs there");
        }
        return Ports.isFree(port)
                ? Finding.ok(check, "free for " + server)
                : Finding.fail(
                        check,
                        "is taken by another program, " + server + " cannot start",
                        "set " + setting + " to a free port");
    }

    private Finding disk() {
        Path existing = home.folder();
        for (Path parent = existing; parent != null && !Files.isDirectory(existing); parent = parent.getParent()) {
            existing = parent;
        }
        try {
            long free = Files.getFileStore(existing).getUsableSpace();
            String shown = (free >> 20) / MIB_PER_GIB + " GiB free for " + home.folder();
            return free >= LEAST_FREE_BYTES
                    ? Finding.ok("disk", shown)
                    : Finding.fail(
                            "disk", (free >> 20) + " MiB free for " + home.folder(), "free 2 GiB or set KB_HOME");
        } catch (IOException e) {
            return Finding.fail("disk", e.toString(), "set KB_HOME to a folder of your own");
        }
    }

    private static Finding model() {
        try (DenseVectorizer model = DenseVectorizer.miniLm()) {
            double near = cosine(model, "The cat sleeps on the sofa.", "A cat is asleep on a couch.");
            double far = cosine(model, "The cat sleeps on the sofa.", "Quarterly revenue grew by nine percent.");
            String found = model.model() + ", " + model.dimension() + " dimensions";
            return near > far + 0.3
                    ? Finding.ok("model", found)
                    : Finding.fail("model", found + ", but its vectors make no sense", "build anew: mvn clean package");
        } catch (RuntimeException | LinkageError e) {
            return Finding.fail(
                    "model",
                    "cannot be loaded: " + e,
                    "it needs a 64-bit Linux, macOS or Windows with glibc; build anew");
        }
    }

    private static double cosine(DenseVectorizer model, String one, String other) {
        float[] a = model.vectorize(one);
        float[] b = model.vectorize(other);
        double product = 0;
        for (int i = 0; i < a.length; i++) {
            product += a[i] * b[i];
        }
        return product;
    }

    List<Finding> services() {
        List<Finding> findings = new ArrayList<>();
        for (Service service : Service.values()) {
            findings.add(service(service));
        }
        return findings;
    }

    private Finding service(Service service) {
        URI readiness = home.url(service).resolve("/actuator/health/readiness");
        try {
            int status = HttpClient.newBuilder()
                    .connectTimeout(TIMEOUT)
                    .build()
                    .send(HttpRequest.newBuilder(readiness).timeout(TIMEOUT).build(), BodyHandlers.discarding())
                    .statusCode();
            return switch (status) {
                case 200 -> Finding.ok(service.id(), "ready at " + home.url(service));
                case 503 ->
                    Finding.fail(
                            service.id(),
                            "is not ready at " + home.url(service),
                            "mend what fails above; ./kb logs " + service.id());
                default ->
                    Finding.fail(
                            service.id(),
                            "another program answers at " + home.url(service),
                            "set " + service.portSetting() + " to a free port");
            };
        } catch (IOException e) {
            boolean free = home.setting(service.urlSetting()).isEmpty() && Ports.isFree(home.port(service));
            return Finding.fail(
                    service.id(),
                    "does not answer at " + home.url(service) + (free ? " (the port is free)" : ""),
                    "./kb up, then ./kb logs " + service.id());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Finding.fail(service.id(), "interrupted", "repeat");
        }
    }
}
