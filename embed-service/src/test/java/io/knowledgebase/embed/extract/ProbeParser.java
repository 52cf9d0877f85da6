package io.knowledgebase.embed.extract;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.mime.MediaType;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.parser.Parser;
import org.apache.tika.sax.XHTMLContentHandler;
import org.xml.sax.ContentHandler;
import org.xml.sax.SAXException;

/** What a parser that an attacker has taken over would do: its documents hold commands, a line each. */
public final class ProbeParser implements Parser {

    private static final long serialVersionUID = 1L;

    private static final int PIECE_BYTES = 4 * 1024 * 1024;

    @Override
    public Set<MediaType> getSupportedTypes(ParseContext context) {
        return Set.of(MediaType.application("x-probe"));
    }

    @Override
    public void parse(InputStream stream, ContentHandler handler, Metadata metadata, ParseContext context)
            throws IOException, SAXException {
        XHTMLContentHandler xhtml = new XHTMLContentHandler(handler, metadata);
        xhtml.startDocument();
        for (String command : new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .skip(1)
                .toList()) {
            xhtml.element("p", command + ": " + answer(command.split(" ", 2)));
        }
        xhtml.endDocument();
    }

    private static String answer(String[] command) {
        try {
            return switch (command[0]) {
                case "exit" -> exit();
                case "hang" -> hang();
                case "pause" -> pause(Duration.ofSeconds(Integer.parseInt(command[1])));
                case "allocate" -> allocate();
                case "fill" -> fill();
                case "connect" -> connect(Integer.parseInt(command[1]));
                case "read" -> Files.readString(Path.of(command[1]), StandardCharsets.ISO_8859_1);
                case "write" ->
                    Files.writeString(Path.of(command[1]), "I was here").toString();
                case "run" ->
                    "exit code " + new ProcessBuilder(command[1]).start().waitFor();
                case "environment" ->
                    System.getenv().keySet().stream().sorted().toList().toString();
                default -> "unknown";
            };
        } catch (IOException e) {
            return "refused";
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String exit() {
        System.exit(0);
        return "";
    }

    private static String hang() throws InterruptedException {
        new CountDownLatch(1).await();
        return "";
    }

    private static String pause(Duration duration) throws InterruptedException {
        Thread.sleep(duration.toMillis());
        return "over";
    }

    private static String allocate() {
        List<byte[]> all = new ArrayList<>();
        while (true) {
            all.add(new byte[PIECE_BYTES]);
        }
    }

    private static String fill() throws IOException {
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        while (true) {
            Files.write(Files.createTempFile(folder, "fill", null), new byte[PIECE_BYTES]);
        }
    }

    private static String connect(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return "connected from " + socket.getLocalPort();
        }
    }
}
