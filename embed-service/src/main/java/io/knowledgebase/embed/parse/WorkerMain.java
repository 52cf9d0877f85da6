package io.knowledgebase.embed.parse;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.tika.pipes.PipesServer;

/** What a worker process runs: it locks itself in, then serves Tika's pipes over standard input and output. */
public final class WorkerMain {

    /** System property: the worker's own folder, the one place it may write to. */
    public static final String FOLDER = "kb.worker.folder";
    /** System property: {@code false} for a worker that is not locked in. */
    public static final String CONFINED = "kb.worker.confined";
    /** System property: {@code true} for a worker that may start Tesseract. */
    public static final String STARTS_PROGRAMS = "kb.worker.programs";

    private WorkerMain() {}

    /**
     * Serves until standard input ends.
     *
     * @param arguments of {@link PipesServer}, behind its name, which its client puts in front of them
     */
    public static void main(String[] arguments) throws Exception {
        ServiceWatch.start();
        if (Boolean.parseBoolean(System.getProperty(CONFINED, "true"))) {
            Path configuration = Path.of(arguments[1]);
            Confinement.enter(Path.of(System.getProperty(FOLDER)), configuration, Boolean.getBoolean(STARTS_PROGRAMS));
        }
        // Parsers print what they stumble over, and that is document text.
        System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        PipesServer.main(Arrays.copyOfRange(arguments, 1, arguments.length));
    }
}
