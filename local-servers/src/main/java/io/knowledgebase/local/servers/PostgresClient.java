package io.knowledgebase.local.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs PostgreSQL's client programs, such as pg_dump, with what they say in a log. */
public final class PostgresClient {

    private final Path log;

    public PostgresClient(Path log) {
        this.log = log;
    }

    /**
     * Runs a program to its end.
     *
     * @param password of the user that the command names; empty if it needs none
     * @param command name and arguments
     * @throws ServerFailedException if it is not there or fails
     */
    public void run(String password, List<String> command) {
        List<String> found = new ArrayList<>(command);
        found.set(0, PostgresPrograms.find().program(command.get(0)));
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            ProcessBuilder builder = new ProcessBuilder(found)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().put("PGPASSWORD", password);
            // pgvector before 0.8.4 has faults in parallel builds of HNSW indexes.
            builder.environment().put("PGOPTIONS", "-c max_parallel_maintenance_workers=0");
            Process process = builder.start();
            try {
                if (process.waitFor() != 0) {
                    throw new ServerFailedException(command.get(0) + " failed", log, null);
                }
            } finally {
                process.destroy(); // should this thread be interrupted
            }
        } catch (IOException e) {
            throw new ServerFailedException("cannot run " + command.get(0), log, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerFailedException("interrupted while running " + command.get(0), log, e);
        }
    }
}
