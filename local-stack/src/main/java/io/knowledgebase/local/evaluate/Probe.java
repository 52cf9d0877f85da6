package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.documents.Upload;
import io.knowledgebase.local.documents.UploadFile;
import io.knowledgebase.local.documents.UploadProgress;
import io.knowledgebase.local.documents.UploadedDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Small documents of somebody who has nothing else, to see how long such a person waits. */
final class Probe {

    private static final int WORDS = 150;
    private static final List<String> SYLLABLES =
            List.of("ba", "ler", "min", "to", "sa", "qui", "ne", "gor", "vi", "dan", "pel", "u", "rus", "che", "ti");

    private final ServiceClient ingest;
    private final int documents;
    private final int inFlight;

    Probe(ServiceClient ingest, int documents, int inFlight) {
        this.ingest = ingest;
        this.documents = documents;
        this.inFlight = inFlight;
    }

    /**
     * How long they took.
     *
     * @param indexedAfter from the beginning of each upload until it was indexed, shortest first, of those that were
     */
    record Times(int uploaded, List<Duration> indexedAfter) {

        Times {
            indexedAfter = indexedAfter.stream().sorted().toList();
        }

        static Times of(List<UploadedDocument> documents) {
            return new Times(
                    documents.size(),
                    documents.stream()
                            .filter(UploadedDocument::isIndexed)
                            .map(document -> Duration.between(
                                    Objects.requireNonNull(document.sentAt()),
                                    Objects.requireNonNull(document.indexedAt())))
                            .toList());
        }

        int indexed() {
            return indexedAfter.size();
        }

        boolean good() {
            return indexed() == uploaded;
        }

        Optional<Duration> median() {
            return indexedAfter.isEmpty() ? Optional.empty() : Optional.of(indexedAfter.get(indexed() / 2));
        }

        Optional<Duration> maximum() {
            return indexedAfter.isEmpty() ? Optional.empty() : Optional.of(indexedAfter.get(indexed() - 1));
        }
    }

    /** Uploads texts that nobody has uploaded before, under external ids that begin with a name. */
    Times run(String name) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("kb-probe-");
        List<UploadFile> files = new ArrayList<>();
        try {
            for (int i = 1; i <= documents; i++) {
                Path file = folder.resolve(name + "-" + i + ".md");
                files.add(new UploadFile(file, file.getFileName().toString()));
                Files.writeString(file, text());
            }
            return Times.of(new Upload(ingest, inFlight, UploadProgress.silent()).run(files, true));
        } finally {
            for (UploadFile file : files) {
                Files.deleteIfExists(file.path());
            }
            Files.delete(folder);
        }
    }

    private static String text() {
        UUID fresh = UUID.randomUUID();
        Random random = new Random(fresh.getMostSignificantBits());
        String words = IntStream.range(0, WORDS)
                .mapToObj(i -> word(random) + (i % 12 == 11 ? "." : ""))
                .collect(Collectors.joining(" "));
        return "# Note " + fresh + "\n\n" + words + ".\n";
    }

    private static String word(Random random) {
        return IntStream.rangeClosed(0, 1 + random.nextInt(2))
                .mapToObj(i -> SYLLABLES.get(random.nextInt(SYLLABLES.size())))
                .collect(Collectors.joining());
    }
}
