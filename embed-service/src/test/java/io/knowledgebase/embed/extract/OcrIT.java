package io.knowledgebase.embed.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.embed.extract.Extractor.Lane;
import io.knowledgebase.embed.parse.Block;
import io.knowledgebase.embed.parse.Extraction;
import io.knowledgebase.embed.parse.Extraction.Extracted;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.embed.turn.Claimant;
import io.knowledgebase.schemas.event.RejectionReason;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.font.PDType1Font;
import org.apache.pdfbox.pdmodel.font.Standard14Fonts;
import org.apache.pdfbox.pdmodel.graphics.image.LosslessFactory;
import org.apache.pdfbox.rendering.PDFRenderer;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

/** Scans are read if the settings say so, by a Tesseract that is as locked in as the worker that starts it. */
class OcrIT {

    @Test
    void scanIsReadIfAskedForAndToldOtherwise() throws Exception {
        byte[] scan = scan("The ferry leaves at seven");

        Extraction read = extract(settings(true, "eng"), scan);
        Extraction unread = extract(settings(false, "eng"), scan);

        assertThat(read)
                .isInstanceOfSatisfying(
                        Extracted.class,
                        extracted -> assertThat(extracted.blocks().stream()
                                        .map(Block::text)
                                        .collect(Collectors.joining(" ")))
                                .contains("ferry leaves at seven"));
        assertThat(unread).isInstanceOfSatisfying(Rejected.class, rejected -> {
            assertThat(rejected.reason()).isEqualTo(RejectionReason.NO_TEXT);
            assertThat(rejected.detail()).contains("OCR");
        });
    }

    @Test
    void languageThatTesseractDoesNotHaveIsToldAtTheStart() {
        assertThatThrownBy(() -> new Extractor(settings(true, "eng+tlh")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("tlh")
                .hasMessageContaining("kb.extract.ocr-languages");
    }

    private static ExtractSettings settings(boolean ocr, String languages) {
        return new ExtractSettings(
                1,
                1,
                Duration.ofSeconds(60),
                Duration.ofSeconds(120),
                DataSize.ofMegabytes(512),
                DataSize.ofMegabytes(256),
                100_000,
                3,
                true,
                ocr,
                languages);
    }

    private static Extraction extract(ExtractSettings settings, byte[] content) throws Exception {
        try (Extractor extractor = new Extractor(settings);
                ExtractedFile file = Objects.requireNonNull(
                        extractor.extract(Lane.FAST, new Claimant("anna", false), "scan.pdf", path -> {
                            Files.write(path, content);
                            return true;
                        }))) {
            return file.read();
        }
    }

    /** A PDF that holds but a picture of a text. */
    private static byte[] scan(String text) throws IOException {
        try (PDDocument typed = new PDDocument();
                PDDocument scanned = new PDDocument()) {
            PDPage page = new PDPage();
            typed.addPage(page);
            try (PDPageContentStream content = new PDPageContentStream(typed, page)) {
                content.beginText();
                content.setFont(new PDType1Font(Standard14Fonts.FontName.HELVETICA), 24);
                content.newLineAtOffset(72, 600);
                content.showText(text);
                content.endText();
            }
            BufferedImage picture = new PDFRenderer(typed).renderImageWithDPI(0, 150);
            PDPage target = new PDPage();
            scanned.addPage(target);
            try (PDPageContentStream content = new PDPageContentStream(scanned, target)) {
                content.drawImage(LosslessFactory.createFromImage(scanned, picture), 0, 0, 612, 792);
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            scanned.save(bytes);
            return bytes.toByteArray();
        }
    }
}
