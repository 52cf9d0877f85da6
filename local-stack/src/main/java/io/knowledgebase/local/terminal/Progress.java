package io.knowledgebase.local.terminal;

import java.time.Duration;
import java.time.Instant;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far one thing has come: a bar if somebody watches, a line now and then elsewhere. */
public interface Progress extends AutoCloseable {

    /**
     * Shows where it is.
     *
     * @param more for people, such as how long it will take
     */
    void show(long done, long all, String more);

    @Override
    void close();

    static Progress at(Terminal terminal, String task, String unit) {
        return Terminal.showsProgress() ? bar(task, unit) : lines(terminal, task, unit);
    }

    private static Progress bar(String task, String unit) {
        ProgressBar bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(-1)
                .setUnit(" " + unit, 1)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis(200)
                .hideEta()
                .build();
        return new Progress() {
            @Override
            public void show(long done, long all, String more) {
                bar.maxHint(all);
                bar.stepTo(done);
                bar.setExtraMessage(more);
            }

            @Override
            public void close() {
                bar.close();
            }
        };
    }

    private static Progress lines(Terminal terminal, String task, String unit) {
        Duration pause = Duration.ofSeconds(15);
        return new Progress() {
            private Instant next = Instant.now().plus(Duration.ofSeconds(2));

            @Override
            public void show(long done, long all, String more) {
                if (Instant.now().isAfter(next)) {
                    next = Instant.now().plus(pause);
                    terminal.begun(task + " " + done + "/" + all + " " + unit + (more.isEmpty() ? "" : ", " + more));
                }
            }

            @Override
            public void close() {}
        };
    }
}
