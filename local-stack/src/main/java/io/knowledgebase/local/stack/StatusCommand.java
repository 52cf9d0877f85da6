package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.servers.ChildProcess;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb status}. */
@Command(
        name = "status",
        description = "Show what runs, its health, the documents by state and what waits in Kafka.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything runs and is ready", "1:something is not ready", "3:something does not run"})
public final class StatusCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /**
     * A line of the status.
     *
     * @param health UP, or what it says instead
     */
    private record Row(String name, String address, String pid, String health, String up, String memory) {}

    @Override
    public Integer call() {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        List<Row> rows = rows(home, terminal);
        Backlog backlog = new Backlog(home);
        boolean database = rows.get(0).health().equals("UP");
        boolean kafka = rows.get(1).health().equals("UP");
        Map<String, Long> documents = database ? backlog.documents() : Map.of();
        Map<String, Long> lag = kafka ? backlog.lag() : Map.of();
        if (json) {
            Map<String, Object> status = new LinkedHashMap<>();
            status.put("home", home.folder().toString());
            status.put("processes", rows);
            status.put("documents", documents);
            status.put("lag", lag);
            terminal.json(status);
        } else {
            terminal.table(
                    List.of("", "address", "pid", "health", "up", "memory"),
                    rows.stream()
                            .map(row ->
                                    List.of(row.name(), row.address(), row.pid(), row.health(), row.up(), row.memory()))
                            .toList());
            terminal.line("");
            terminal.line("documents  " + (database ? counts(documents) : "unknown while PostgreSQL does not answer"));
            terminal.line("lag        " + (kafka ? counts(lag) : "unknown while Kafka does not answer"));
            terminal.line("state in   " + home.folder());
        }
        if (rows.stream().anyMatch(row -> row.health().equals("stopped"))) {
            return ExitCode.NOT_RUNNING;
        }
        return rows.stream().allMatch(row -> row.health().equals("UP")) ? ExitCode.OK : ExitCode.FAILED;
    }

    private static String counts(Map<String, Long> counts) {
        return counts.isEmpty()
                ? "none"
                : String.join(
                        ", ",
                        counts.entrySet().stream()
                                .map(entry -> entry.getValue() + " " + entry.getKey())
                                .toList());
    }

    private static List<Row> rows(Home home, Terminal terminal) {
        List<Row> rows = new ArrayList<>();
        Backlog backlog = new Backlog(home);
        Optional<ChildProcess> postgres = home.ownsPostgres() ? home.postgres().process() : Optional.empty();
        rows.add(row(
                "PostgreSQL",
                home.database().jdbcUrl().replaceFirst("jdbc:postgresql://", ""),
                postgres,
                home.ownsPostgres() && postgres.isEmpty() ? "stopped" : backlog.databaseHealth()));
        Optional<ChildProcess> kafka = home.ownsKafka() ? home.kafka().process() : Optional.empty();
        rows.add(row(
                "Kafka",
                home.kafkaBootstrap(),
                kafka,
                home.ownsKafka() && kafka.isEmpty() ? "stopped" : backlog.kafkaHealth()));
        for (ServiceProcess service : new Stack(home, terminal).services()) {
            Optional<ChildProcess> process = service.process();
            boolean elsewhere = home.setting(service.service().urlSetting()).isPresent();
            rows.add(row(
                    service.service().id(),
                    home.url(service.service()).toString(),
                    process,
                    process.isEmpty() && !elsewhere ? "stopped" : service.health()));
        }
        return rows;
    }

    private static Row row(String name, String address, Optional<ChildProcess> process, String health) {
        return new Row(
                name,
                address,
                process.map(found -> Long.toString(found.pid())).orElse("-"),
                health,
                process.flatMap(ChildProcess::started)
                        .map(started -> age(Duration.between(started, Instant.now())))
                        .orElse("-"),
                process.map(found -> ServiceMemory.residentMebibytes(found.pid()))
                        .filter(OptionalLong::isPresent)
                        .map(resident -> resident.getAsLong() + " MiB")
                        .orElse("-"));
    }

    private static String age(Duration age) {
        if (age.toDays() > 0) {
            return age.toDays() + " d";
        }
        return age.toHours() > 0
                ? age.toHours() + " h"
                : age.toMinutes() > 0 ? age.toMinutes() + " min" : age.toSeconds() + " s";
    }
}
