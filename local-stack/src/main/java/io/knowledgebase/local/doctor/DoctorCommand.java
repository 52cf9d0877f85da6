package io.knowledgebase.local.doctor;

import io.knowledgebase.local.doctor.Finding.Level;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb doctor}. */
@Command(
        name = "doctor",
        description =
                "Check machine, PostgreSQL, Kafka, model and services; each line that is not well says how to mend it.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:nothing fails, warnings at most", "1:something fails"})
public final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        MachineExamination machine = new MachineExamination(home);
        List<Finding> findings = new ArrayList<>(machine.examine());
        findings.addAll(new PostgresExamination(home).examine());
        findings.addAll(new KafkaExamination(home).examine());
        findings.addAll(machine.services());
        if (json) {
            terminal.json(findings);
        } else {
            findings.forEach(finding -> print(terminal, finding));
        }
        return findings.stream().anyMatch(finding -> finding.level() == Level.FAIL) ? ExitCode.FAILED : ExitCode.OK;
    }

    private static void print(Terminal terminal, Finding finding) {
        String level = finding.level().name().toLowerCase(Locale.ROOT);
        terminal.line(String.format(Locale.ROOT, "%-4s  %-20s %s", level, finding.check(), finding.detail()));
        if (finding.mend() != null) {
            terminal.line("      mend: " + finding.mend());
        }
    }
}
