package io.knowledgebase.local.cutover.demo;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** What people and their assistant say to each other, plausibly. */
final class Chat {

    private static final List<String> SUBJECTS = List.of(
            "the travel policy",
            "our backup plan",
            "the onboarding checklist",
            "the Q3 budget",
            "the retention schedule",
            "the incident report",
            "our vacation rules",
            "the release calendar",
            "the security audit",
            "the supplier contract",
            "das Handbuch für Prüfer",
            "la politique de congés");
    private static final List<String> QUESTIONS = List.of(
            "Where do I find %s?",
            "Who is responsible for %s?",
            "What changed in %s since last year?",
            "Can you summarise %s in three sentences?",
            "When does %s have to be renewed?",
            "Does %s apply to contractors, too?");
    private static final List<String> ANSWERS = List.of(
            "According to the document, %s was last reviewed in %s and applies to all employees.",
            "The owner of %s is the operations team; the next review is due in %s.",
            "In short: %s has three parts, and the second one was rewritten in %s.",
            "I found no passage that says so; %s only mentions the deadline in %s.");
    private static final List<String> MONTHS = List.of("January", "March", "May", "July", "September", "November");
    private static final DateTimeFormatter STORED =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);
    private static final LocalDateTime FIRST_DAY = LocalDateTime.of(2024, 1, 1, 8, 0);
    private static final int MINUTES = 1_000_000;
    private static final int MOST_SENTENCES = 6;

    private final Random random;

    Chat(Random random) {
        this.random = random;
    }

    String question() {
        return one(QUESTIONS).formatted(one(SUBJECTS));
    }

    String answer() {
        StringBuilder answer = new StringBuilder();
        for (int i = random.nextInt(MOST_SENTENCES); i >= 0; i--) {
            answer.append(one(ANSWERS).formatted(one(SUBJECTS), one(MONTHS))).append(' ');
        }
        return answer.toString().strip();
    }

    String sources() {
        return "[{\"source\": \"" + one(SUBJECTS) + ".pdf\", \"page\": " + (1 + random.nextInt(90)) + ", \"score\": 0."
                + (100 + random.nextInt(900)) + "}]";
    }

    /** As SQLAlchemy writes times; now and then without a fraction, as older releases did. */
    String time() {
        LocalDateTime time = FIRST_DAY.plusMinutes(random.nextInt(MINUTES)).plusNanos(random.nextInt(999_999) * 1_000L);
        String stored = STORED.format(time);
        return random.nextInt(20) == 0 ? stored.substring(0, stored.indexOf('.')) : stored;
    }

    private String one(List<String> some) {
        return some.get(random.nextInt(some.size()));
    }
}
