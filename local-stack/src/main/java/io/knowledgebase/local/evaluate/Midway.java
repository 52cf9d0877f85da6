package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.documents.Upload;
import io.knowledgebase.local.documents.UploadProgress;

/** Passes progress on, and does something once a third of the files are terminal. */
final class Midway implements UploadProgress {

    private final UploadProgress shown;
    private final int files;
    private final Runnable action;
    private boolean done;

    Midway(UploadProgress shown, int files, Runnable action) {
        this.shown = shown;
        this.files = files;
        this.action = action;
    }

    @Override
    public void show(Upload.Counts counts) {
        shown.show(counts);
        if (!done && 3L * counts.terminal() >= files) {
            done = true;
            action.run();
        }
    }

    @Override
    public void waits(String why) {
        shown.waits(why);
    }

    @Override
    public void close() {
        shown.close();
    }
}
