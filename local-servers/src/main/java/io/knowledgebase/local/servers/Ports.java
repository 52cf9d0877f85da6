package io.knowledgebase.local.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** TCP ports of the loopback address. */
public final class Ports {

    // Below Linux's ephemeral range, so that no outgoing connection takes the port while a server restarts.
    private static final int FIRST = 20_000;
    private static final int LAST = 32_000;
    private static final int TRIES = 200;
    private static final int CONNECT_TIMEOUT_MS = 500;

    private Ports() {}

    /** A port on which nothing listens. */
    public static int free() {
        return IntStream.range(0, TRIES)
                .map(attempt -> ThreadLocalRandom.current().nextInt(FIRST, LAST))
                .filter(Ports::isFree)
                .findFirst()
                .orElseThrow(() -> new ServerFailedException("no free port on this machine", null, null));
    }

    public static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** True if something accepts connections. */
    static boolean isOpen(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_TIMEOUT_MS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
