package io.knowledgebase.embed.parse;

import com.sun.jna.Native;

/** Ends a worker whose service is no more: in the midst of a parse it would not notice the end of its input. */
final class ServiceWatch implements Runnable {

    private static final int INTERVAL_MS = 500;
    private static final int EXIT_CODE = 1;

    private final int service;

    private ServiceWatch(int service) {
        this.service = service;
    }

    /** To be called before the worker locks itself in, which keeps it from loading libraries. */
    static void start() {
        Thread watch = new Thread(new ServiceWatch(CLibrary.getppid()), "service-watch");
        watch.setDaemon(true);
        watch.start();
    }

    @Override
    public void run() {
        while (CLibrary.getppid() == service) { // whose parent dies is given another one
            try {
                Thread.sleep(INTERVAL_MS);
            } catch (InterruptedException e) {
                break;
            }
        }
        Runtime.getRuntime().halt(EXIT_CODE);
    }

    private static final class CLibrary {
        static {
            Native.register("c");
        }

        private CLibrary() {}

        static native int getppid();
    }
}
