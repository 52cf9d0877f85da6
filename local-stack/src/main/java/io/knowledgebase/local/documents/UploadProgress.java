package io.knowledgebase.local.documents;

import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.time.Instant;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far an upload has come: a bar per stage at a terminal, a line now and then elsewhere. */
interface UploadProgress extends AutoCloseable {

    /** The stages so far: answered uploads, embedded chunks, terminal documents. */
    void show(int uploaded, int chunks, int terminal);

    @Override
    void close();

    /** Says nothing. */
    static UploadProgress silent() {
        return new UploadProgress() {
            @Override
            public void show(int uploaded, int chunks, int terminal) {}

            @Override
            public void close() {}
        };
    }

    /** A line of text every few seconds. */
    static UploadProgress lines(Terminal terminal, int files) {
        Duration pause = Duration.ofSeconds(5);
        return new UploadProgress() {
            private Instant next = Instant.now().plus(pause);

            @Override
            public void show(int uploaded, int chunks, int done) {
                if (Instant.now().isAfter(next)) {
                    next = Instant.now().plus(pause);
                    terminal.begun("uploaded " + uploaded + "/" + files + ", embedded " + chunks + " chunks, terminal "
                            + done + "/" + files);
                }
            }

            @Override
            public void close() {}
        };
    }

    /** Three bars that move. */
    static UploadProgress bars(int files) {
        ProgressBar uploadedBar = bar("uploaded", files, " files");
        ProgressBar embeddedBar = bar("embedded", -1, " chunks");
        ProgressBar terminalBar = bar("terminal", files, " files");
        return new UploadProgress() {
            @Override
            public void show(int uploaded, int chunks, int terminal) {
                uploadedBar.stepTo(uploaded);
                embeddedBar.stepTo(chunks);
                terminalBar.stepTo(terminal);
                if (terminal == files) {
                    embeddedBar.maxHint(chunks);
                }
            }

            @Override
            public void close() {
                uploadedBar.close();
                embeddedBar.close();
                terminalBar.close();
            }
        };
    }

    private static ProgressBar bar(String stage, long max, String unit) {
        return new ProgressBarBuilder()
                .setTaskName(stage)
                .setInitialMax(max)
                .setUnit(unit, 1)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis(200)
                .showSpeed()
                .build();
    }
}
