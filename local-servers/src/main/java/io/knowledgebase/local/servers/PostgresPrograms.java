package io.knowledgebase.local.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** An installed PostgreSQL with pgvector: where its programs are and which versions they have. */
record PostgresPrograms(Path folder, int major, String vectorVersion) {

    private static final int OLDEST_MAJOR = 15;
    private static final Pattern MAJOR = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
    private static final Pattern VECTOR_VERSION = Pattern.compile("default_version\\s*=\\s*'([^']+)'");
    private static final String INSTALL = "run ./kb up or ./kb test, which install it, or set KB_POSTGRES_BIN to the"
            + " folder of initdb and postgres";

    /** The newest one that is new enough and has pgvector; {@code KB_POSTGRES_BIN} goes before all. */
    static PostgresPrograms find() {
        List<PostgresPrograms> found = findAll();
        if (found.isEmpty()) {
            throw new ServerFailedException(
                    "no PostgreSQL " + OLDEST_MAJOR + " or newer with pgvector on this machine; " + INSTALL,
                    null,
                    null);
        }
        return found.get(0);
    }

    /** The one that can read data of a major version. */
    static PostgresPrograms find(int major) {
        return findAll().stream()
                .filter(programs -> programs.major == major)
                .findFirst()
                .orElseThrow(() -> new ServerFailedException(
                        "the data were made by PostgreSQL " + major + ", which is not installed with pgvector; install"
                                + " it, or start anew with ./kb reset",
                        null,
                        null));
    }

    private static List<PostgresPrograms> findAll() {
        List<PostgresPrograms> found = new ArrayList<>();
        for (Path folder : candidates()) {
            if (!Files.isExecutable(folder.resolve("initdb")) || !Files.isExecutable(folder.resolve("postgres"))) {
                continue;
            }
            Matcher major = MAJOR.matcher(output(folder.resolve("postgres").toString(), "--version"));
            Path control = Path.of(output(folder.resolve("pg_config").toString(), "--sharedir"))
                    .resolve("extension/vector.control");
            if (major.find() && Integer.parseInt(major.group(1)) >= OLDEST_MAJOR && Files.exists(control)) {
                found.add(new PostgresPrograms(folder, Integer.parseInt(major.group(1)), vectorVersion(control)));
            }
        }
        return found;
    }

    private static List<Path> candidates() {
        String chosen = System.getenv("KB_POSTGRES_BIN");
        if (chosen != null && !chosen.isBlank()) {
            return List.of(Path.of(chosen));
        }
        List<Path> candidates = new ArrayList<>();
        if (OperatingSystem.has("pg_config")) {
            candidates.add(Path.of(output("pg_config", "--bindir")));
        }
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (Stream<Path> versions = Files.list(debian)) {
                versions.map(version -> version.resolve("bin"))
                        .sorted(Comparator.reverseOrder())
                        .forEach(candidates::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return candidates;
    }

    private static String vectorVersion(Path control) {
        try {
            Matcher version = VECTOR_VERSION.matcher(Files.readString(control));
            return version.find() ? version.group(1) : "0";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String output(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        } catch (IOException e) {
            return "";
        }
    }

    String program(String name) {
        return folder.resolve(name).toString();
    }

    /** pgvector before 0.8.4 has faults in parallel HNSW builds. */
    boolean buildsIndexesInParallel() {
        int[] first = {0, 8, 4};
        String[] parts = vectorVersion.split("\\.", -1);
        for (int i = 0; i < first.length; i++) {
            int part = i < parts.length ? Integer.parseInt(parts[i]) : 0;
            if (part != first[i]) {
                return part > first[i];
            }
        }
        return true;
    }
}
