package io.knowledgebase.embed.embed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Records overtake each other, but not those of their own document, and no offset overtakes what is not done. */
class PartitionWorkTest {

    private final PartitionWork work = new PartitionWork();

    @Test
    void aLongDocumentHoldsUpOnlyTheOffset() {
        add(10, "long");
        add(11, "a");
        add(14, "b");

        assertThat(startAll()).containsExactly(10L, 11L, 14L);
        work.finished(14);
        work.finished(11);
        assertThat(work.advance()).isEmpty();
        assertThat(work.wantsMore()).isTrue();

        work.finished(10);
        assertThat(work.advance()).isEqualTo(OptionalLong.of(15));
        assertThat(work.isIdle()).isTrue();
    }

    @Test
    void recordsOfOneDocumentAreDoneInOrder() {
        add(1, "a");
        add(2, "a");
        add(3, "b");
        add(4, "a");

        assertThat(startAll()).containsExactly(1L, 3L);
        assertThat(work.wantsMore()).isFalse();
        work.finished(3);
        assertThat(work.advance()).isEmpty();

        work.finished(1);
        assertThat(work.advance()).isEqualTo(OptionalLong.of(2));
        assertThat(startAll()).containsExactly(2L);
        work.finished(2);
        assertThat(work.advance()).isEqualTo(OptionalLong.of(4));
        assertThat(startAll()).containsExactly(4L);
    }

    @Test
    void anOffsetIsToldOnce() {
        add(1, "a");
        add(2, "b");
        startAll();

        work.finished(1);

        assertThat(work.advance()).isEqualTo(OptionalLong.of(2));
        assertThat(work.advance()).isEmpty();
    }

    @Test
    void whatIsUnderWayAndWhatIsAheadHaveLimits() {
        add(0, "long");
        for (int offset = 1; offset <= PartitionWork.MAXIMUM_AHEAD + 100; offset++) {
            add(offset, "document-" + offset);
        }
        assertThat(startAll()).hasSize(PartitionWork.MAXIMUM_UNDER_WAY);

        int done = 0;
        for (long offset = 1; offset <= PartitionWork.MAXIMUM_AHEAD + PartitionWork.MAXIMUM_UNDER_WAY - 1; offset++) {
            work.finished(offset);
            done++;
            startAll();
            if (done == PartitionWork.MAXIMUM_AHEAD) {
                break;
            }
        }
        assertThat(work.start()).isEmpty();

        work.finished(0);
        assertThat(work.advance()).isPresent();
        assertThat(work.start()).isPresent();
    }

    private void add(long offset, String document) {
        work.add(new ConsumerRecord<>("kb.documents", 0, offset, document, new byte[0]));
    }

    private List<Long> startAll() {
        List<Long> started = new ArrayList<>();
        for (Optional<ConsumerRecord<String, byte[]>> next = work.start(); next.isPresent(); next = work.start()) {
            started.add(next.get().offset());
        }
        return started;
    }
}
