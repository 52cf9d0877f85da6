package io.knowledgebase.local.standin;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/** People who fill a workspace and change it at random, the same for the same seed but for ids and times. */
public final class People {

    private static final String[] WORDS =
            ("account budget customer delivery engine forecast garden harbour invoice journey"
                            + " kitchen ladder meeting network office policy quarter release schedule travel update vendor"
                            + " warehouse yield zone analysis backup contract deadline employee feature guideline holiday"
                            + " incident laptop migration newsletter onboarding password question report security training"
                            + " usage vacation workshop agenda benefit checklist design expense feedback goal hiring")
                    .split(" ");

    private final Workspace workspace;
    private final Random random;
    private final Clock clock;
    private final List<UUID> pages = new ArrayList<>();
    private final List<UUID> databases = new ArrayList<>();
    private final List<UUID> trashed = new ArrayList<>();

    /** People of a workspace. */
    public People(Workspace workspace, long seed, Clock clock) {
        this.workspace = workspace;
        this.random = new Random(seed);
        this.clock = clock;
    }

    /** Fills the workspace with pages that stand in each other, and databases with rows; a day ago. */
    public void fill(int pageCount, int databaseCount, int rowsEach) {
        synchronized (workspace) {
            Instant yesterday = clock.instant().minus(Duration.ofDays(1));
            for (int i = 0; i < pageCount; i++) {
                UUID parent = i < 5 ? null : pages.get(random.nextInt(Math.min(pages.size(), 1 + i / 3)));
                Node page = workspace.add(parent, null, sentence(2), yesterday);
                pages.add(page.id);
                fillPage(page.id, yesterday);
            }
            for (int i = 0; i < databaseCount; i++) {
                Node database = workspace.add(pages.get(i), UUID.randomUUID(), "Table " + sentence(1), yesterday);
                database.properties.put("Status", "");
                database.properties.put("Owner " + i, "");
                databases.add(database.id);
                for (int j = 0; j < rowsEach; j++) {
                    Node row = workspace.add(database.id, null, sentence(3), yesterday);
                    row.properties.replaceAll((name, value) -> sentence(2));
                    pages.add(row.id);
                    if (j % 3 == 0) {
                        workspace.append(row.id, Blocks.text("paragraph", sentence(8), yesterday), yesterday);
                    }
                }
            }
        }
    }

    private void fillPage(UUID page, Instant time) {
        workspace.append(page, Blocks.text("heading_1", sentence(3), time), time);
        int blocks = 1 + random.nextInt(6);
        for (int i = 0; i < blocks; i++) {
            workspace.append(page, anyBlock(time), time);
        }
    }

    private Block anyBlock(Instant time) {
        return switch (random.nextInt(16)) {
            case 0 -> Blocks.text("heading_2", sentence(2), time);
            case 1 ->
                Blocks.text("bulleted_list_item", sentence(6), time)
                        .with(
                                Blocks.text("bulleted_list_item", sentence(4), time)
                                        .with(Blocks.text("numbered_list_item", sentence(3), time)),
                                Blocks.text("to_do", sentence(4), time));
            case 2 -> Blocks.text("numbered_list_item", sentence(6), time);
            case 3 -> Blocks.text("to_do", sentence(4), time);
            case 4 -> Blocks.text("toggle", sentence(3), time).with(Blocks.text("paragraph", sentence(9), time));
            case 5 -> Blocks.text("quote", sentence(9), time).with(Blocks.text("paragraph", sentence(5), time));
            case 6 -> Blocks.text("callout", sentence(7), time);
            case 7 -> Blocks.text("code", "int x = 1;\nreturn `x`;", time);
            case 8 -> Blocks.equation("a^2 + b", time);
            case 9 -> Blocks.table(List.of(List.of(sentence(1), sentence(1)), List.of(sentence(2), sentence(3))), time);
            case 10 ->
                Blocks.container("column_list", time)
                        .with(
                                Blocks.container("column", time).with(Blocks.text("paragraph", sentence(5), time)),
                                Blocks.container("column", time).with(Blocks.text("paragraph", sentence(5), time)));
            case 11 -> Blocks.bookmark(sentence(2), "https://example.org/x", time);
            case 12 -> Blocks.image(sentence(3), "https://example.org/x.png", time);
            case 13 -> Blocks.synced(time).with(Blocks.text("paragraph", sentence(5), time));
            case 14 ->
                Blocks.of("unsupported", JsonMapper.shared().createObjectNode().put("block_type", "form"), time);
            default -> Blocks.text("paragraph", sentence(15) + ". " + sentence(12) + ".", time);
        };
    }

    /** One random change. */
    public void change() {
        UUID page = pages.get(random.nextInt(pages.size()));
        switch (random.nextInt(20)) {
            case 0 -> {
                workspace.trash(page);
                trashed.add(page);
            }
            case 1 -> {
                if (!trashed.isEmpty()) {
                    workspace.restore(trashed.remove(random.nextInt(trashed.size())));
                }
            }
            case 2 -> pages.add(workspace.addPage(page, sentence(3)));
            case 3 -> workspace.rename(page, sentence(3));
            case 4 -> {
                if (!databases.isEmpty()) {
                    UUID database = databases.get(random.nextInt(databases.size()));
                    UUID row = workspace.addPage(database, sentence(3));
                    workspace.setProperty(row, "Status", sentence(1));
                    pages.add(row);
                }
            }
            case 5, 6, 7 -> workspace.write(page, sentence(10));
            default -> workspace.replaceText(page, random.nextInt(5), sentence(12));
        }
    }

    private String sentence(int words) {
        return IntStream.range(0, words)
                .mapToObj(i -> WORDS[random.nextInt(WORDS.length)])
                .collect(Collectors.joining(" "));
    }
}
