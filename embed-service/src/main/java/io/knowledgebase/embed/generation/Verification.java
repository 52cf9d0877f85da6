package io.knowledgebase.embed.generation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the comparison of a generation with the documents found.
 *
 * @param documents settled ones, which the generation should know at the same version
 * @param missing of these those that it does not
 * @param unreadable documents that it could not index although the live one could
 * @param surplus documents it has that are deleted or unknown
 * @param incomplete documents of which it has another number of chunks than it says
 * @param thinned documents of which it has less than half as much text as the live one
 * @param examples ids of documents that differ, with what differs
 * @param recall share of the true ten nearest chunks that the index finds, or null without an index
 * @param queries that the recall was measured with
 */
record Verification(
        long documents,
        long missing,
        long unreadable,
        long surplus,
        long incomplete,
        long thinned,
        List<String> examples,
        @Nullable Double recall,
        int queries) {

    /** Share of the true ten nearest that an index must find. */
    static final double LEAST_RECALL = .95;

    Verification {
        examples = List.copyOf(examples);
    }

    /** What keeps the generation from being promoted, a sentence each. */
    List<String> differences() {
        List<String> differences = new ArrayList<>();
        add(differences, missing, "documents are missing or at another version");
        add(differences, unreadable, "documents could not be indexed that the live generation has");
        add(differences, surplus, "documents are deleted or unknown, but still here");
        add(differences, incomplete, "documents have another number of chunks than they should");
        add(differences, thinned, "documents have less than half the text of the live generation");
        if (recall != null && recall < LEAST_RECALL) {
            differences.add("the index finds only " + Math.round(recall * 1000) / 1000.0
                    + " of the true ten nearest; at least " + LEAST_RECALL + " is wanted");
        }
        return differences;
    }

    private static void add(List<String> differences, long count, String what) {
        if (count > 0) {
            differences.add(count + " " + what);
        }
    }
}
