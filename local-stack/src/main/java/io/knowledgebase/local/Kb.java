package io.knowledgebase.local;

import io.knowledgebase.local.backup.BackupCommand;
import io.knowledgebase.local.bench.BenchCommand;
import io.knowledgebase.local.cutover.CutoverCommand;
import io.knowledgebase.local.doctor.DoctorCommand;
import io.knowledgebase.local.documents.DeadLettersCommand;
import io.knowledgebase.local.documents.DeleteCommand;
import io.knowledgebase.local.documents.DocumentsCommand;
import io.knowledgebase.local.documents.UploadCommand;
import io.knowledgebase.local.evaluate.EvaluateCommand;
import io.knowledgebase.local.evaluate.EvaluateDocumentsCommand;
import io.knowledgebase.local.evaluate.EvaluateReindexCommand;
import io.knowledgebase.local.generations.GenerationsCommand;
import io.knowledgebase.local.generations.ReindexCommand;
import io.knowledgebase.local.generations.ReplayCommand;
import io.knowledgebase.local.generations.RepublishCommand;
import io.knowledgebase.local.notion.NotionCommand;
import io.knowledgebase.local.search.SearchCommand;
import io.knowledgebase.local.stack.DownCommand;
import io.knowledgebase.local.stack.LogsCommand;
import io.knowledgebase.local.stack.MigrateCommand;
import io.knowledgebase.local.stack.ResetCommand;
import io.knowledgebase.local.stack.RestoreCommand;
import io.knowledgebase.local.stack.StatusCommand;
import io.knowledgebase.local.stack.UpCommand;
import io.knowledgebase.local.terminal.Terminal;
import io.knowledgebase.local.token.TokenCommand;
import java.lang.reflect.Method;
import java.util.UUID;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command {@code kb}. */
@Command(
        name = "kb",
        description = {"From documents to answers: one command for the whole pipeline on this machine.", ""},
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands (kb COMMAND --help says more):%n",
        footer = {"", "  test       Provision, then run all tests (Maven options may follow)."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:failed", "2:wrong usage", "3:what it needs is not running"},
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            LogsCommand.class,
            ResetCommand.class,
            MigrateCommand.class,
            DoctorCommand.class,
            UploadCommand.class,
            SearchCommand.class,
            DocumentsCommand.class,
            DeleteCommand.class,
            DeadLettersCommand.class,
            GenerationsCommand.class,
            ReindexCommand.class,
            ReplayCommand.class,
            RepublishCommand.class,
            BackupCommand.class,
            RestoreCommand.class,
            NotionCommand.class,
            CutoverCommand.class,
            TokenCommand.class,
            EvaluateCommand.class,
            EvaluateDocumentsCommand.class,
            EvaluateReindexCommand.class,
            BenchCommand.class,
            HelpCommand.class
        })
public final class Kb implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec specification;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine kb = new CommandLine(new Kb())
                .setExecutionExceptionHandler((failure, command, parsed) -> new Terminal().failed(failure));
        kb.registerConverter(UUID.class, Kb::documentId);
        giveHelp(kb);
        return kb;
    }

    /** Methods that are commands say themselves that they have help: their parameters are counted before. */
    private static void giveHelp(CommandLine command) {
        if (!(command.getCommand() instanceof HelpCommand || command.getCommand() instanceof Method)) {
            command.getCommandSpec().mixinStandardHelpOptions(true);
        }
        command.getSubcommands().values().forEach(Kb::giveHelp);
    }

    private static UUID documentId(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(text + " is not a document id; kb documents shows them");
        }
    }

    @Override
    public void run() {
        throw new ParameterException(specification.commandLine(), "Say what to do.");
    }
}
