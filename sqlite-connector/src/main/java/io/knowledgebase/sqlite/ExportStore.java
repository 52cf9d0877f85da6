package io.knowledgebase.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A folder of our own with a copy of each export that is still needed, and a note of which were taken and which were not.
 * It is a copy and no hard link, because who exports again to the same name writes into the same file. What was noted
 * stays so: a change is told with the same id again as long as the copies are there.
 */
final class ExportStore {

    private static final String NOTE = "exports.json";
    private static final String INCOMING = "incoming";
    private static final Pattern OURS = Pattern.compile("\\d+\\.copy|incoming|exports\\.json\\.tmp");
    private static final Logger LOG = LoggerFactory.getLogger(ExportStore.class);

    private final Path folder;
    private List<Taken> taken = List.of();
    private List<Export> past = List.of();
    private List<Exports.Ignored> ignored = List.of();

    /**
     * An export that was taken.
     *
     * @param number greater than that of the one before
     * @param copy the name of its copy
     * @param base the number of the export with which it is compared; 0 for none: all of it is told
     * @param start the change id that its changes come after
     * @param tables that are told of it
     * @param anew those of them of which all rows are told
     */
    record Taken(
            long number, String copy, Export export, long base, long start, List<String> tables, List<String> anew) {

        Taken {
            tables = List.copyOf(tables);
            anew = List.copyOf(anew);
        }
    }

    private ExportStore(Path folder) {
        this.folder = folder;
    }

    /** What is noted in a folder; nothing if it is not there yet. */
    static ExportStore open(Path folder) throws IOException {
        ExportStore store = new ExportStore(folder);
        Path note = folder.resolve(NOTE);
        if (Files.exists(note)) {
            try {
                store.read(JsonMapper.shared().readTree(Files.readString(note)));
            } catch (JacksonException | IllegalArgumentException e) {
                throw new CaptureException(
                        note + " cannot be understood; without it all rows are told again from the next export on", e);
            }
        }
        return store;
    }

    private void read(JsonNode note) {
        List<Taken> readTaken = new ArrayList<>();
        for (JsonNode entry : note.path("taken")) {
            readTaken.add(new Taken(
                    entry.path("number").longValue(),
                    entry.path("copy").stringValue(),
                    Export.read(entry),
                    entry.path("base").longValue(),
                    entry.path("start").longValue(),
                    texts(entry.path("tables")),
                    texts(entry.path("anew"))));
        }
        taken = List.copyOf(readTaken);
        List<Export> readPast = new ArrayList<>();
        note.path("past").forEach(entry -> readPast.add(Export.read(entry)));
        past = List.copyOf(readPast);
        List<Exports.Ignored> readIgnored = new ArrayList<>();
        note.path("ignored")
                .forEach(entry -> readIgnored.add(new Exports.Ignored(
                        Export.read(entry), entry.path("reason").stringValue())));
        ignored = List.copyOf(readIgnored);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.stringValue()));
        return texts;
    }

    /** In their order; the last one is there even if its copy is not needed any more. */
    List<Taken> taken() {
        return taken;
    }

    Optional<Taken> taken(long number) {
        return taken.stream().filter(entry -> entry.number() == number).findFirst();
    }

    Optional<Taken> last() {
        return taken.isEmpty() ? Optional.empty() : Optional.of(taken.get(taken.size() - 1));
    }

    /** Exports that were taken and are still where they were put. */
    List<Export> past() {
        return past;
    }

    List<Exports.Ignored> ignored() {
        return ignored;
    }

    static String copyName(long number) {
        return number + ".copy";
    }

    Path copy(Taken entry) {
        return folder.resolve(entry.copy());
    }

    boolean hasCopy(Taken entry) {
        return Files.isRegularFile(copy(entry));
    }

    /** Copies a file, which is not taken by that. */
    Path receive(Path file) throws IOException {
        createFolder();
        Path incoming = folder.resolve(INCOMING);
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(
                        incoming,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            long size = from.size();
            for (long copied = 0; copied < size; ) {
                long more = from.transferTo(copied, size - copied, to);
                if (more <= 0) {
                    break; // it became shorter, which is seen by its size
                }
                copied += more;
            }
            to.force(true);
        }
        return incoming;
    }

    /** The file that was received last is the next export. */
    void take(Taken next) throws IOException {
        move(folder.resolve(INCOMING), copy(next));
        List<Taken> withNext = new ArrayList<>(taken);
        withNext.add(next);
        List<Export> withExport = new ArrayList<>(past);
        withExport.add(next.export());
        write(withNext, withExport, ignored);
    }

    /** From now on only this one is taken, if any; what was taken before is not needed any more. */
    void startOver(Optional<Taken> renewed) throws IOException {
        write(renewed.stream().toList(), past, ignored);
        clean();
    }

    /** Removes what is only needed for exports before a number. */
    void forgetBefore(long number) throws IOException {
        List<Taken> needed =
                taken.stream().filter(entry -> entry.number() >= number).toList();
        if (!needed.equals(taken)) {
            write(needed, past, ignored);
        }
        clean();
    }

    /** Notes what became of the files that are there now. */
    void note(List<Export> nowPast, List<Exports.Ignored> nowIgnored) throws IOException {
        if (!nowPast.equals(past) || !nowIgnored.equals(ignored)) {
            write(taken, nowPast, nowIgnored);
        }
    }

    /** Removes copies that no export has any more, also those of a crash. */
    private void clean() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<String> needed = taken.stream().map(Taken::copy).toList();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (OURS.matcher(name).matches() && !needed.contains(name)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Removes all of it. */
    static void remove(Path folder) throws IOException {
        ExportStore store = new ExportStore(folder);
        store.clean();
        Files.deleteIfExists(folder.resolve(NOTE));
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            LOG.info("event=sqlite-exports-folder-kept folder={}", folder); // others' files are in it
        }
    }

    /** What cannot be written does not count. */
    private void write(List<Taken> nowTaken, List<Export> nowPast, List<Exports.Ignored> nowIgnored)
            throws IOException {
        ObjectNode note = JsonMapper.shared().createObjectNode();
        ArrayNode takenJson = note.putArray("taken");
        for (Taken entry : nowTaken) {
            ObjectNode json =
                    takenJson.addObject().put("number", entry.number()).put("copy", entry.copy());
            entry.export().write(json);
            json.put("base", entry.base()).put("start", entry.start());
            entry.tables().forEach(json.putArray("tables")::add);
            entry.anew().forEach(json.putArray("anew")::add);
        }
        ArrayNode pastJson = note.putArray("past");
        nowPast.forEach(export -> export.write(pastJson.addObject()));
        ArrayNode ignoredJson = note.putArray("ignored");
        for (Exports.Ignored entry : nowIgnored) {
            ObjectNode json = ignoredJson.addObject();
            entry.file().write(json);
            json.put("reason", entry.reason());
        }
        createFolder();
        Path temporary = folder.resolve(NOTE + ".tmp");
        Files.writeString(temporary, note.toString());
        force(temporary);
        move(temporary, folder.resolve(NOTE));
        taken = List.copyOf(nowTaken);
        past = List.copyOf(nowPast);
        ignored = List.copyOf(nowIgnored);
    }

    /** The copies have what the database has: nobody else needs to read them. */
    private void createFolder() throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder);
            if (Files.getFileStore(folder).supportsFileAttributeView(PosixFileAttributeView.class)) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
        }
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
