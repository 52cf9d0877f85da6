package io.knowledgebase.embed.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.knowledgebase.embed.parse.Block;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.WordPieces;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkerTest {

    private static final WordPieces WORD_PIECES = DenseVectorizer.miniLm().wordPieces();
    private static final String[] WORDS = ("storage node cluster request vector index document answer question memory"
                    + " pipeline search result partition topic offset broker table query writer reader version"
                    + " network schedule policy volume controller object resource secret status update delete")
            .split(" ");

    private final Chunker chunker = new Chunker(WORD_PIECES, 254, 130, 0);

    @Test
    void shortDocumentIsOneChunk() {
        List<Chunk> chunks =
                chunker.chunk("Title", List.of(paragraph("One word.")), 10).chunks();

        assertThat(chunks).hasSize(1);
        assertThat(chunks.get(0).text()).isEqualTo("One word.");
        assertThat(chunks.get(0).embeddedText()).isEqualTo("Title\nOne word.");
    }

    @Test
    void noChunkExceedsWhatTheModelReadsAndNothingIsLost() {
        List<Block> hostile = List.of(
                new Block(1, "H ".repeat(600).strip(), null, false, List.of()),
                paragraph("x".repeat(50_000)),
                paragraph("北京大学".repeat(2_000)),
                paragraph("😀".repeat(1_000)),
                paragraph(words(new Random(7), 3_000)),
                paragraph("a,".repeat(3_000)));

        List<Chunk> chunks = chunker.chunk("T ".repeat(400), hostile, 100_000).chunks();

        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(WORD_PIECES.count(chunk.embeddedText())).isEqualTo(chunk.tokens());
            assertThat(chunk.tokens()).isLessThanOrEqualTo(254);
            assertThat(chunk.text().length()).isLessThan(5_000);
        });
        assertNothingLostOrAdded(hostile, chunks);
    }

    @Test
    void textWithoutSpacesIsCountedAsTheModelReadsIt() {
        Random random = new Random(11);
        List<Block> unbroken = List.of(
                paragraph(unbroken(random, "각갂가힣한국어은는", 6_000)),
                paragraph(unbroken(random, "アイウエオがぎぐばぱきゃー", 6_000)),
                paragraph(unbroken(random, "ab1é-/?한글かな漢字กขа∑", 6_000)),
                paragraph("가나다라마바사아자차카타파하".repeat(500)),
                paragraph(IntStream.range(0, 3_000)
                        .mapToObj(i -> WORDS[random.nextInt(WORDS.length)] + (i % 8 == 7 ? "漢" : "カ"))
                        .collect(Collectors.joining())),
                paragraph("漢" + ("漢".repeat(51) + "カinformation").repeat(200)));

        for (int overlap : List.of(0, 30)) {
            List<Chunk> chunks = new Chunker(WORD_PIECES, 254, 254, overlap)
                    .chunk("T ".repeat(400), unbroken, 100_000)
                    .chunks();

            assertThat(chunks)
                    .allSatisfy(chunk ->
                            assertThat(WORD_PIECES.count(chunk.embeddedText())).isLessThanOrEqualTo(254));
        }
    }

    @Test
    void cutTextIsShownAsItWas() {
        String chinese = "今天天气很好。我们去公园散步！你想一起去吗？" + "他说好。".repeat(10);
        String link = "See https://example.com/" + "a1b2c3/".repeat(25) + "end now.";
        String hash = "Its hash is " + "0123456789abcdef".repeat(60) + " in full.";
        String english = "One sentence is here. Another sentence follows it! Does a third one come as well? It does.";

        for (String text : List.of(chinese, link, hash, english)) {
            assertThat(chunker.chunk(null, List.of(paragraph(text)), 10).chunks())
                    .extracting(Chunk::text)
                    .containsExactly(text);
        }
    }

    @Test
    void endlessHeadingIsTextInFullAndPathInShort() {
        String endless = "heading 😀 ".repeat(30_000).strip();
        List<Block> blocks = List.of(
                new Block(1, "x" + "😀".repeat(500), null, false, List.of()),
                new Block(2, endless, null, false, List.of()),
                paragraph("What it heads."));

        List<Chunk> chunks = chunker.chunk(null, blocks, 100_000).chunks();

        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.section()).hasSizeLessThanOrEqualTo(2 * 200 + 3);
            assertThat(chunk.section()).doesNotContainPattern("[\\ud800-\\udbff](?![\\udc00-\\udfff])");
        });
        assertNothingLostOrAdded(blocks, chunks);
    }

    @Test
    void charactersThatAreNoWordPieceFillChunksToo() {
        List<Block> glyphs = IntStream.range(0, 5_000)
                .mapToObj(i -> new Block(0, i % 2 == 0 ? "\uE000" : "\uFFFD", null, true, List.of()))
                .toList();

        List<Chunk> chunks = chunker.chunk(null, glyphs, 100_000).chunks();

        assertThat(chunks).hasSizeGreaterThan(5_000 / 254);
        assertNothingLostOrAdded(glyphs, chunks);
    }

    @Test
    void smallestChunksHoldWholeCharacters() {
        List<Chunk> chunks = new Chunker(WORD_PIECES, 16, 16, 8)
                .chunk(null, List.of(paragraph("𝒳".repeat(500))), 1_000)
                .chunks();

        assertThat(chunks)
                .isNotEmpty()
                .allSatisfy(chunk -> assertThat(chunk.text()
                                .codePoints()
                                .noneMatch(codePoint -> Character.getType(codePoint) == Character.SURROGATE))
                        .isTrue());
    }

    @Test
    void chunkKnowsItsHeadingsAndPage() {
        List<Block> blocks = new ArrayList<>();
        blocks.add(new Block(1, "Guide", 1, false, List.of()));
        blocks.add(new Block(2, "Install", 1, false, List.of()));
        blocks.add(new Block(0, words(new Random(1), 150), 1, false, List.of()));
        blocks.add(new Block(2, "Use", 2, false, List.of()));
        blocks.add(new Block(0, words(new Random(2), 150), 2, false, List.of()));

        List<Chunk> chunks = chunker.chunk("Guide", blocks, 10).chunks();

        Chunk use = chunks.stream()
                .filter(chunk -> chunk.text().startsWith("Use"))
                .findFirst()
                .orElseThrow();
        assertThat(use.section()).isEqualTo("Guide › Use");
        assertThat(use.prefix()).isEqualTo("Guide");
        assertThat(use.page()).isEqualTo(2);
    }

    @Test
    void headingStaysWithWhatItHeads() {
        List<Block> blocks = new ArrayList<>();
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            blocks.add(new Block(2, "Heading " + i, null, false, List.of()));
            blocks.add(paragraph(words(random, 20 + random.nextInt(120))));
        }

        List<Chunk> chunks = chunker.chunk(null, blocks, 1_000).chunks();

        assertThat(chunks).noneSatisfy(chunk -> assertThat(chunk.text()).matches("(?s).*Heading \\d+"));
    }

    @Test
    void chunkRepeatsTheSentencesBeforeIt() {
        Chunker overlapping = new Chunker(WORD_PIECES, 254, 100, 30);
        String sentences = IntStream.range(0, 60)
                .mapToObj(i -> "Sentence number " + i + " speaks of one thing.")
                .collect(Collectors.joining(" "));

        List<Chunk> chunks =
                overlapping.chunk(null, List.of(paragraph(sentences)), 100).chunks();

        assertThat(chunks).hasSizeGreaterThan(2);
        for (int i = 1; i < chunks.size(); i++) {
            String firstSentence = chunks.get(i).text().split("(?<=\\.) ")[0];
            assertThat(chunks.get(i - 1).text()).contains(firstSentence);
        }
    }

    @Test
    void limitIsToldWhenItCuts() {
        List<Block> blocks = IntStream.range(0, 50)
                .mapToObj(i -> paragraph(words(new Random(i), 100)))
                .toList();

        assertThat(chunker.chunk(null, blocks, 5).chunks()).hasSize(5);
        assertThat(chunker.chunk(null, blocks, 5).cut()).isTrue();
        assertThat(chunker.chunk(null, blocks, 500).cut()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"100, 0", "160, 0", "160, 32", "192, 32"})
    void editOfOneParagraphChangesAtMostThreeChunks(int target, int overlap) {
        Chunker cutter = new Chunker(WORD_PIECES, 254, target, overlap);
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            List<Block> blocks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                blocks.add(paragraph(sentences(random)));
            }
            List<Block> edited = new ArrayList<>(blocks);
            edited.set(random.nextInt(blocks.size()), paragraph(sentences(random)));

            Set<String> before = hashes(cutter.chunk("Title", blocks, 1_000).chunks());
            List<Chunk> after = cutter.chunk("Title", edited, 1_000).chunks();

            assertThat(after).hasSizeGreaterThan(100);
            assertThat(after.stream().filter(chunk -> !before.contains(chunk.textHash())))
                    .as("seed %d", seed)
                    .hasSizeLessThanOrEqualTo(3);
        }
    }

    private static Set<String> hashes(List<Chunk> chunks) {
        return chunks.stream().map(Chunk::textHash).collect(Collectors.toCollection(HashSet::new));
    }

    @Test
    void partsStandUnderTheirPathAndNeverShareAChunk() {
        Block.Part offer = new Block.Part(1, "offer.zip", true);
        List<Block.Part> prices = List.of(offer, new Block.Part(2, "prices.docx", true));
        List<Block> blocks = List.of(
                new Block(1, "Offer", null, false, List.of()),
                new Block(0, "See the attachments.", null, false, List.of()),
                new Block(2, "Prices", null, false, prices),
                new Block(0, "A ticket costs 12.", null, false, prices),
                new Block(0, "A ticket costs 14.", null, false, List.of(offer, new Block.Part(3, "prices.docx", true))),
                new Block(0, "A map.", null, false, List.of(offer, new Block.Part(4, "map.txt", true))),
                new Block(0, "Kind regards.", null, false, List.of()));

        assertThat(chunker.chunk("Mail", blocks, 100).chunks())
                .extracting(Chunk::section, Chunk::text)
                .containsExactly(
                        tuple("Offer", "Offer\n\nSee the attachments."),
                        tuple("Offer › offer.zip › prices.docx › Prices", "Prices\n\nA ticket costs 12."),
                        tuple("Offer › offer.zip › prices.docx", "A ticket costs 14."),
                        tuple("Offer › offer.zip › map.txt", "A map."),
                        tuple("Offer", "Kind regards."));
    }

    @Test
    void partThatComesAfterTheLastHeadingNeedNotStandUnderIt() {
        List<Block> blocks = List.of(
                new Block(1, "Winter", 7, false, List.of()),
                new Block(0, "It stays home.", 7, false, List.of()),
                new Block(0, "A ticket costs 12.", null, false, List.of(new Block.Part(1, "prices.txt", false))));

        assertThat(chunker.chunk("Timetable", blocks, 100).chunks())
                .extracting(Chunk::section)
                .containsExactly("Winter", "prices.txt");
    }

    private static Block paragraph(String text) {
        return new Block(0, text, null, false, List.of());
    }

    private static String sentences(Random random) {
        return IntStream.range(0, 2 + random.nextInt(4))
                .mapToObj(i -> "So " + words(random, 8 + random.nextInt(20)) + ".")
                .collect(Collectors.joining(" "));
    }

    private static String words(Random random, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
            if (i % 14 == 13) {
                text.append('.');
            }
        }
        return text.append('.').toString();
    }

    private static String unbroken(Random random, String characters, int length) {
        int[] codePoints = characters.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
        }
        return text.toString();
    }

    /** Of chunks without overlap: each stands where the one before it ended, but for white space. */
    private static void assertNothingLostOrAdded(List<Block> blocks, List<Chunk> chunks) {
        String source = blocks.stream().map(Block::text).collect(Collectors.joining(" "));
        int at = 0;
        for (Chunk chunk : chunks) {
            String text = chunk.text().replaceAll("\\s+", " ");
            at += source.startsWith(" ", at) ? 1 : 0;
            assertThat(source.substring(at, Math.min(source.length(), at + text.length())))
                    .isEqualTo(text);
            at += text.length();
        }
        assertThat(at).isEqualTo(source.length());
    }
}
