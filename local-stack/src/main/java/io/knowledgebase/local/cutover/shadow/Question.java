package io.knowledgebase.local.cutover.shadow;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What somebody asks. */
public record Question(String user, String text) {

    /** Reads a file with a question a line: the user, a tab, the question. */
    static List<Question> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw CommandFailedException.usage(file + " cannot be read", "name a file of UTF-8 text");
        }
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isBlank()) {
                continue;
            }
            int tab = line.indexOf('\t');
            if (tab < 1 || line.substring(tab).isBlank()) {
                throw CommandFailedException.usage(
                        "line " + (i + 1) + " of " + file + " is not a user, a tab and a question", "mend it");
            }
            questions.add(
                    new Question(line.substring(0, tab), line.substring(tab + 1).strip()));
        }
        return questions;
    }
}
