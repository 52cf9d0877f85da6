package io.knowledgebase.ingest.cutover.qdrant.regroup;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.cutover.qdrant.LegacyCutter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RegroupedTest {

    private static final int ROUNDS = 100;

    private final Random random = new Random(20261127);

    @Test
    void textsAreWhatTheyWereBeforeTheyWereCut() {
        for (int round = 0; round < ROUNDS; round++) {
            String text = LegacyCutter.text(random, random.nextInt(round % 10 == 0 ? 30_000 : 6_000));
            if (text.isBlank()) {
                continue;
            }
            Regrouped regrouped = regroup(chunks(text));

            assertThat(texts(regrouped)).containsExactly(text);
            assertThat(regrouped.documents().get(0).joined().withoutOverlap()).isZero();
            assertThat(regrouped.documents().get(0).joined().missingChunks()).isZero();
        }
    }

    @Test
    void lengthsAroundChunkAndOverlapAreJoinedWell() {
        for (int length : new int[] {1, 15, 16, 199, 200, 201, 800, 801, 815, 999, 1000, 1001, 1199, 1200, 1801}) {
            String text = LegacyCutter.text(random, 2_500);
            String cut = text.substring(0, text.offsetByCodePoints(0, length));

            assertThat(texts(regroup(chunks(cut)))).as("%d characters", length).containsExactly(cut);
        }
    }

    @Test
    void repetitionTakesNothingOut() {
        for (int period : new int[] {1, 3, 7, 40, 199, 200, 201, 500, 800, 1000}) {
            String line = IntStream.range(0, period)
                    .mapToObj(i -> String.valueOf((char) ('a' + i * 7 % 26)))
                    .reduce("", String::concat);
            String text = line.repeat(6_000 / period);

            assertThat(texts(regroup(chunks(text))))
                    .as("a period of %d", period)
                    .containsExactly(text);
        }
    }

    @Test
    void emojiAtEveryBorderStayWhole() {
        String text = "🙂".repeat(150) + "👩‍🔬ä\r\n".repeat(400) + "🙂".repeat(2_000);

        assertThat(texts(regroup(chunks(text)))).containsExactly(text);
    }

    @Test
    void uploadsOfOneNameAreSeparated() {
        for (int round = 0; round < ROUNDS; round++) {
            Set<String> texts = new HashSet<>();
            List<LegacyChunk> chunks = new ArrayList<>();
            for (int i = 2 + random.nextInt(4); i > 0; i--) {
                String text = LegacyCutter.prose(random, 100 + random.nextInt(9_000));
                texts.add(text);
                chunks.addAll(chunks(text));
            }
            Regrouped regrouped = regroup(chunks);

            assertThat(texts(regrouped)).containsExactlyInAnyOrderElementsOf(texts);
            assertThat(regrouped.left()).isEmpty();
        }
    }

    @Test
    void copiesAreLeftOutAndOtherVersionsAreKept() {
        for (int round = 0; round < ROUNDS; round++) {
            String text = LegacyCutter.prose(random, 5_000 + random.nextInt(5_000));
            int edit = text.offsetByCodePoints(0, random.nextInt(4_000));
            String version = text.substring(0, edit) + LegacyCutter.prose(random, 300) + text.substring(edit);
            List<LegacyChunk> chunks = new ArrayList<>();
            for (int copy = 0; copy < 3; copy++) {
                chunks.addAll(chunks(text));
            }
            chunks.addAll(chunks(version));
            Regrouped regrouped = regroup(chunks);

            assertThat(texts(regrouped)).containsExactlyInAnyOrder(text, version);
            assertThat(regrouped.left()).hasSize(2 * chunks(text).size());
            assertThat(regrouped.left().values()).containsOnly(Reason.DUPLICATE);
            assertThat(regrouped.documents())
                    .extracting(Regrouped.Assembled::copies)
                    .containsExactlyInAnyOrder(3, 1);
        }
    }

    @Test
    void hundredsOfUploadsOfOneNameAreSeparatedInReasonableTime() {
        List<LegacyChunk> chunks = new ArrayList<>();
        Set<String> texts = new HashSet<>();
        for (int i = 0; i < 400; i++) {
            String text = LegacyCutter.prose(random, 2_500);
            texts.add(text);
            chunks.addAll(chunks(text));
        }

        assertThat(texts(regroup(chunks))).containsExactlyInAnyOrderElementsOf(texts);
    }

    @Test
    void uploadsThatCannotBeToldApartAreKeptWholeAndReported() {
        String border = "=".repeat(700);
        String one = LegacyCutter.prose(random, 500).substring(0, 500) + border + "The first one ends so.";
        String other = LegacyCutter.prose(random, 500).substring(0, 500) + border + "The other one ends otherwise.";
        List<LegacyChunk> chunks = chunks(one);
        chunks.addAll(chunks(other));
        Regrouped regrouped = regroup(chunks);

        assertThat(regrouped.documents()).hasSize(2).allMatch(Regrouped.Assembled::ambiguous);
        chunks.forEach(chunk -> assertThat(texts(regrouped)).anyMatch(text -> text.contains(chunk.text())));
    }

    @Test
    void copiesAreToldFromOthersByTheirNumber() {
        for (int round = 0; round < 10; round++) {
            String border = "=".repeat(700);
            String copied =
                    LegacyCutter.prose(random, 500).substring(0, 500) + border + LegacyCutter.prose(random, 300);
            String other = LegacyCutter.prose(random, 500).substring(0, 500) + border + LegacyCutter.prose(random, 300);
            List<LegacyChunk> chunks = chunks(copied);
            chunks.addAll(chunks(copied));
            chunks.addAll(chunks(other));
            Regrouped regrouped = regroup(chunks);

            assertThat(texts(regrouped)).containsExactlyInAnyOrder(copied, other);
            assertThat(regrouped.left()).hasSize(chunks(copied).size());
        }
    }

    @Test
    void lastEditedSyncOfPageWins() {
        String older = LegacyCutter.text(random, 4_000);
        String newer = LegacyCutter.text(random, 2_000);
        List<LegacyChunk> chunks = new ArrayList<>(edited(older, "2024-05-01T12:00:00.000Z"));
        chunks.addAll(edited(newer, "2024-05-01T13:30:00.000+01:00"));
        chunks.addAll(edited(newer, "2024-05-01 12:30:00"));
        chunks.addAll(edited(LegacyCutter.text(random, 3_000), null));
        chunks.addAll(edited(LegacyCutter.text(random, 3_000), "yesterday"));
        Collections.shuffle(chunks, random);
        Regrouped regrouped = Regrouped.page(chunks);
        assertComplete(regrouped, chunks);

        assertThat(texts(regrouped)).containsExactly(newer);
        assertThat(regrouped.left().values().stream().filter(Reason.DUPLICATE::equals))
                .hasSize(chunks(newer).size());
        assertThat(Set.copyOf(regrouped.left().values()))
                .containsExactlyInAnyOrder(Reason.DUPLICATE, Reason.OLDER_SYNC);
    }

    @Test
    void textsOfOnePageThatWereEditedInTheSameMinuteAreAllInItsDocument() {
        String one = LegacyCutter.text(random, 4_000);
        String other = LegacyCutter.text(random, 2_000);
        List<LegacyChunk> chunks = new ArrayList<>(edited(one, "2024-05-01T12:00:00.000Z"));
        chunks.addAll(edited(other, "2024-05-01T12:00:00.000Z"));
        Regrouped regrouped = Regrouped.page(chunks);
        assertComplete(regrouped, chunks);

        assertThat(texts(regrouped)).containsExactly(one + "\n" + other);
        assertThat(regrouped.documents().get(0).ambiguous()).isTrue();
    }

    @Test
    void chunksWithoutOverlapAreJoinedByLineBreakAndCounted() {
        List<LegacyChunk> chunks = List.of(
                chunk("1", 0, "The first one ends in a t", null), chunk("2", 1, "that the other begins with.", null));
        Regrouped regrouped = regroup(chunks);

        assertThat(texts(regrouped)).containsExactly("The first one ends in a t\nthat the other begins with.");
        assertThat(regrouped.documents().get(0).joined().withoutOverlap()).isEqualTo(1);
        assertThat(regrouped.documents().get(0).joined().boundaries()).isZero();
    }

    @Test
    void pagesOfPdfBeginOnLinesOfTheirOwn() {
        Regrouped regrouped = regroup(List.of(chunk("1", 0, "Page one.", 0), chunk("2", 1, "Page two.", 1)));

        assertThat(texts(regrouped)).containsExactly("Page one.\nPage two.");
        assertThat(regrouped.documents().get(0).joined().withoutOverlap()).isZero();
        assertThat(regrouped.documents().get(0).joined().boundaries()).isEqualTo(1);
    }

    @Test
    void missingChunksAreCountedAndTheRestIsOneDocument() {
        String text = LegacyCutter.text(random, 8_000);
        List<LegacyChunk> chunks = chunks(text);
        chunks.removeIf(chunk -> chunk.position() == 0 || chunk.position() == 4 || chunk.position() == 5);
        Regrouped regrouped = regroup(chunks);

        assertThat(regrouped.documents()).hasSize(1);
        assertThat(regrouped.documents().get(0).joined().missingChunks()).isEqualTo(3);
        chunks.forEach(chunk ->
                assertThat(regrouped.documents().get(0).joined().text()).contains(chunk.text()));
    }

    @Test
    void whatLooksAlikeOnBothSidesOfGapStaysTwice() {
        String line = "=".repeat(40);
        Regrouped regrouped = regroup(List.of(chunk("1", 0, "one " + line, null), chunk("2", 2, line + " two", null)));

        assertThat(texts(regrouped)).containsExactly("one " + line + "\n" + line + " two");
    }

    @Test
    void gapOfOneUploadIsNotFilledByAnother() {
        String broken = LegacyCutter.prose(random, 8_000);
        String whole = LegacyCutter.prose(random, 7_000);
        List<LegacyChunk> chunks = chunks(broken);
        chunks.removeIf(chunk -> chunk.position() == 3);
        chunks.addAll(chunks(whole));
        Regrouped regrouped = regroup(chunks);

        assertThat(texts(regrouped)).hasSize(2).contains(whole);
        assertThat(regrouped.documents())
                .extracting(document -> document.joined().missingChunks())
                .containsExactlyInAnyOrder(1L, 0L);
    }

    @Test
    void uploadThatHasEndedDoesNotGoOnAfterTheGapOfAnother() {
        for (int round = 0; round < 10; round++) {
            String broken = LegacyCutter.prose(random, 8_000);
            String ended = LegacyCutter.prose(random, 2_700);
            List<LegacyChunk> chunks = chunks(broken);
            chunks.removeIf(chunk -> chunk.position() == 4);
            chunks.addAll(chunks(ended));

            assertThat(texts(regroup(chunks))).hasSize(2).contains(ended);
        }
    }

    @Test
    void filesOfOneNameButOfDifferentKindsAreNotJoined() {
        LegacyChunk one = new LegacyChunk("1", 0, "Of three pages", null, null, null, 0, 3, "pdf", null);
        LegacyChunk other = new LegacyChunk("2", 1, "Of five pages", null, null, null, 1, 5, "pdf", null);

        assertThat(texts(regroup(List.of(one, other)))).containsExactly("Of three pages", "Of five pages");
    }

    @Test
    void sourceOfWhiteSpaceIsNoDocument() {
        Regrouped regrouped = regroup(List.of(chunk("1", 0, " \r\n", null)));

        assertThat(regrouped.documents()).isEmpty();
        assertThat(regrouped.left()).containsEntry("1", Reason.BLANK);
    }

    @Test
    void largestPositionIsAsGoodAsAny() {
        Regrouped regrouped =
                regroup(List.of(chunk("1", 0, "one", null), chunk("2", Integer.MAX_VALUE, "other", null)));

        assertThat(regrouped.documents()).hasSize(1);
        assertThat(regrouped.documents().get(0).joined().missingChunks()).isEqualTo(Integer.MAX_VALUE - 1L);
    }

    /** Regroups chunks in any order, always to the same, and none of them is lost or in two places. */
    private Regrouped regroup(List<LegacyChunk> chunks) {
        List<LegacyChunk> shuffled = new ArrayList<>(chunks);
        Collections.shuffle(shuffled, random);
        Regrouped regrouped = Regrouped.uploads(shuffled);
        assertComplete(regrouped, chunks);
        Collections.shuffle(shuffled, random);
        assertThat(Regrouped.uploads(shuffled)).isEqualTo(regrouped);
        return regrouped;
    }

    private static void assertComplete(Regrouped regrouped, List<LegacyChunk> chunks) {
        List<String> all = new ArrayList<>(regrouped.left().keySet());
        regrouped.documents().forEach(document -> document.chunks().forEach(chunk -> all.add(chunk.pointId())));
        assertThat(all)
                .containsExactlyInAnyOrderElementsOf(
                        chunks.stream().map(LegacyChunk::pointId).toList());
    }

    private static List<String> texts(Regrouped regrouped) {
        return regrouped.documents().stream()
                .map(document -> document.joined().text())
                .toList();
    }

    private List<LegacyChunk> chunks(String text) {
        return edited(text, null);
    }

    private List<LegacyChunk> edited(String text, String edited) {
        List<String> cut = LegacyCutter.cut(text);
        List<LegacyChunk> chunks = new ArrayList<>();
        for (int i = 0; i < cut.size(); i++) {
            String id = new UUID(random.nextLong(), random.nextLong()).toString();
            chunks.add(new LegacyChunk(id, i, cut.get(i), null, null, edited, null, null, null, null));
        }
        return chunks;
    }

    private static LegacyChunk chunk(String id, int position, String text, Integer page) {
        return new LegacyChunk(id, position, text, null, null, null, page, null, null, null);
    }
}
