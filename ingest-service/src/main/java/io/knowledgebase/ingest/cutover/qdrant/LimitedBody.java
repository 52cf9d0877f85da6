package io.knowledgebase.ingest.cutover.qdrant;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** An answer in memory, if it is not too long for that. */
final class LimitedBody implements BodySubscriber<byte[]> {

    /** An answer is longer than it may be. */
    static final class TooLongException extends IOException {

        private static final long serialVersionUID = 1;
    }

    private final BodySubscriber<byte[]> whole = BodySubscribers.ofByteArray();
    private final long mostBytes;
    private Flow.@Nullable Subscription subscription;
    private long bytes;
    private boolean ended;

    LimitedBody(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        whole.onSubscribe(given);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        bytes += buffers.stream().mapToLong(ByteBuffer::remaining).sum();
        if (bytes <= mostBytes) {
            whole.onNext(buffers);
        } else if (!ended) {
            ended = true;
            if (subscription != null) {
                subscription.cancel();
            }
            whole.onError(new TooLongException());
        }
    }

    @Override
    public void onError(Throwable failure) {
        whole.onError(failure);
    }

    @Override
    public void onComplete() {
        if (!ended) {
            whole.onComplete();
        }
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return whole.getBody();
    }
}
