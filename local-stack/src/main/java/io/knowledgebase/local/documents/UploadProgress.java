package io.knowledgebase.local.documents;

import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.time.Instant;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far an upload has come: a bar per stage at a terminal, a line now and then elsewhere. */
public interface UploadProgress extends AutoCloseable {

    void show(Upload.Counts counts);

    /** The service is away or asks for patience; from any thread, repeatedly. */
    void waits(String why);

    @Override
    void close();

    /** Says nothing. */
    static UploadProgress silent() {
        return new UploadProgress() {
            @Override
            public void show(Upload.Counts counts) {}

            @Override
            public void waits(String why) {}

            @Override
            public void close() {}
        };
    }

    /** Bars if somebody watches, else lines. */
    static UploadProgress at(Terminal terminal, int files) {
        return Terminal.showsProgress() ? bars(files) : lines(terminal, files);
    }

    /** A line of text now and then. */
    static UploadProgress lines(Terminal terminal, int files) {
        Duration pause = Duration.ofSeconds(15);
        return new UploadProgress() {
            private Instant next = Instant.now().plus(pause);

            @Override
            public void show(Upload.Counts counts) {
                say("uploaded " + counts.uploaded() + "/" + files + ", embedded " + counts.chunks()
                        + " chunks, terminal " + counts.terminal() + "/" + files);
            }

            @Override
            public void waits(String why) {
                say("waiting: " + why);
            }

            private synchronized void say(String what) {
                if (Instant.now().isAfter(next)) {
                    next = Instant.now().plus(pause);
                    terminal.begun(what);
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
            private Upload.Counts shown = new Upload.Counts(0, 0, 0);

            @Override
            public void show(Upload.Counts counts) {
                if (!counts.equals(shown)) {
                    uploadedBar.setExtraMessage("");
                }
                shown = counts;
                uploadedBar.stepTo(counts.uploaded());
                embeddedBar.stepTo(counts.chunks());
                terminalBar.stepTo(counts.terminal());
                if (counts.terminal() == files) {
                    embeddedBar.maxHint(counts.chunks());
                }
            }

            @Override
            public void waits(String why) {
                uploadedBar.setExtraMessage("waiting: " + why);
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
