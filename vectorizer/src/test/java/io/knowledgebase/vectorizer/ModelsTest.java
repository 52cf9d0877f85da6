package io.knowledgebase.vectorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelsTest {

    @TempDir
    private Path folder;

    private Path tiny;

    @BeforeEach
    void write() throws Exception {
        tiny = TinyModel.write(folder.resolve("tiny"), 8);
    }

    @Test
    void modelsOfTheClassPathAndOfFoldersAreListed() throws Exception {
        Files.createFile(folder.resolve("a-file"));

        assertThat(new Models(folder).names())
                .containsExactly("all-minilm-l6-v2-int8", "all-minilm-l6-v2-fp32", "tiny");
        assertThat(new Models(null).names()).hasSize(2);
    }

    @Test
    void miniLmOfTwoPrecisionsMeansTheSame() {
        String text = "How many people live in Berlin?";
        try (DenseVectorizer fp32 = new Models(null).load("all-minilm-l6-v2-fp32");
                DenseVectorizer int8 = new Models(null).load("all-minilm-l6-v2-int8")) {
            assertThat(fp32.model()).isEqualTo("all-minilm-l6-v2-fp32");
            assertThat(fp32.digest()).hasSize(64).isNotEqualTo(int8.digest());
            assertThat(cosine(fp32.vectorize(text), int8.vectorize(text)))
                    .isGreaterThan(.97f)
                    .isLessThan(.99999f);
        }
    }

    @Test
    void folderIsAModelOfItsOwnDimension() throws Exception {
        Files.writeString(tiny.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 16}");

        try (DenseVectorizer model = new Models(folder).load("tiny")) {
            assertThat(model.dimension()).isEqualTo(8);
            assertThat(model.maximumTokens()).isEqualTo(14);
            assertThat(model.wordPieces().count("The ferrys sink")).isEqualTo(4);
            float[] vector = model.vectorize("the ferry");
            assertThat(cosine(vector, vector)).isCloseTo(1, within(1e-6f));
            assertThat(cosine(vector, model.vectorize("seven"))).isLessThan(.99f);
        }
    }

    @Test
    void firstPositionCanBeTheVector() throws Exception {
        Files.createDirectory(tiny.resolve("1_Pooling"));
        Files.writeString(
                tiny.resolve("1_Pooling/config.json"),
                "{\"word_embedding_dimension\": 8, \"pooling_mode_cls_token\": true}");

        try (DenseVectorizer model = new Models(folder).load("tiny")) {
            assertThat(model.vectorize("the ferry")).isEqualTo(model.vectorize("seven"));
        }
    }

    @Test
    void promptsStandBeforeQueriesAndPassages() throws Exception {
        float[] query;
        float[] passage;
        String withoutPrompts;
        try (DenseVectorizer model = new Models(folder).load("tiny")) {
            query = model.vectorize("seven the ferry");
            passage = model.vectorize("the ferry");
            withoutPrompts = model.digest();
        }
        Files.writeString(tiny.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 16}");
        Files.writeString(
                tiny.resolve("config_sentence_transformers.json"),
                "{\"prompts\": {\"query\": \"seven \", \"passage\": \"\"}}");

        try (DenseVectorizer model = new Models(folder).load("tiny")) {
            assertThat(model.vectorizeQuery("the ferry")).isEqualTo(query);
            assertThat(model.vectorize("the ferry")).isEqualTo(passage);
            assertThat(model.maximumTokens()).as("the prompt needs its place").isEqualTo(13);
            assertThat(model.digest()).isNotEqualTo(withoutPrompts);
        }
    }

    @Test
    void vocabularyOfATokenizerFileIsReadToo() throws Exception {
        Files.delete(tiny.resolve("vocab.txt"));
        Files.writeString(tiny.resolve("tokenizer.json"), """
                {"normalizer": {"lowercase": true},
                 "model": {"type": "WordPiece", "vocab": {"[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "ferry": 4}}}
                """);

        try (DenseVectorizer model = new Models(folder).load("tiny")) {
            assertThat(model.wordPieces().ids("Ferry")).containsExactly(4);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "../tiny", "", "/etc"})
    void modelThatIsNotThereIsToldWithThoseThatAre(String name) {
        assertThatThrownBy(() -> new Models(folder).load(name))
                .isInstanceOf(UnusableModelException.class)
                .hasMessageContaining("there is no such model; there are [all-minilm-l6-v2-int8, ");
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        Files.delete(tiny.resolve("vocab.txt"));
        assertUnusable("neither tokenizer.json nor vocab.txt is in " + tiny);

        Files.delete(tiny.resolve("model.onnx"));
        assertUnusable(tiny.resolve("model.onnx") + " is missing");
    }

    @Test
    void vocabularyThatDoesNotFitIsRefused() throws Exception {
        Files.write(
                tiny.resolve("vocab.txt"),
                IntStream.range(0, 9)
                        .mapToObj(i -> i < 8 ? TinyModel.VOCABULARY.get(i) : "more")
                        .toList());
        assertUnusable("word pieces with the id 8, the last one of its vocabulary");

        Files.writeString(tiny.resolve("vocab.txt"), "one\ntwo\n");
        assertUnusable("has no [UNK]");
    }

    @Test
    void whatOtherModelsWantIsRefused() throws Exception {
        Files.writeString(tiny.resolve("tokenizer_config.json"), "{\"do_lower_case\": false}");
        assertUnusable("keeps upper case");

        Files.writeString(tiny.resolve("tokenizer_config.json"), "{");
        assertUnusable("tokenizer_config.json is not JSON");

        Files.writeString(tiny.resolve("tokenizer.json"), "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 1}}}");
        assertUnusable("is not a WordPiece tokenizer");

        Files.delete(tiny.resolve("tokenizer.json"));
        Files.delete(tiny.resolve("tokenizer_config.json"));
        Files.createDirectory(tiny.resolve("1_Pooling"));
        Files.writeString(tiny.resolve("1_Pooling/config.json"), "{\"pooling_mode_max_tokens\": true}");
        assertUnusable("wants [pooling_mode_max_tokens]");

        Files.delete(tiny.resolve("1_Pooling/config.json"));
        Files.write(tiny.resolve("model.onnx"), TinyModel.onnx("pixels", 8, 8));
        assertUnusable("its inputs are [pixels]");

        Files.writeString(tiny.resolve("model.onnx"), "no model");
        assertUnusable("ONNX Runtime does not load it");
    }

    private void assertUnusable(String why) {
        assertThatThrownBy(() -> new Models(folder).load("tiny"))
                .isInstanceOf(UnusableModelException.class)
                .hasMessageStartingWith("The model tiny cannot be used: ")
                .hasMessageContaining(why);
    }

    private static float cosine(float[] one, float[] other) {
        float product = 0;
        for (int i = 0; i < one.length; i++) {
            product += one[i] * other[i];
        }
        return product;
    }
}
