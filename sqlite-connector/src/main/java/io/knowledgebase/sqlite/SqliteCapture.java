package io.knowledgebase.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** What a capture leaves in a database and tells by its records, for those who watch and end it. */
public final class SqliteCapture {

    private SqliteCapture() {}

    /** A value as SQLite stores it: null, Long, Double, String, {@link InvalidText} or byte[]. */
    public static @Nullable Object value(ResultSet row, int column) throws SQLException {
        return Rows.value(row, column);
    }

    /** About how much memory a value takes: characters and bytes. */
    public static long size(@Nullable Object value) {
        return Rows.size(value);
    }

    /** The id of the last change that was logged; 0 if nothing is captured. */
    public static long lastChangeId(Connection sqlite) throws SQLException {
        return ChangeLog.lastId(sqlite);
    }

    /** The change up to which everything was told when a record of the connector was; in both modes they only grow. */
    public static long changeId(SourceRecord record) {
        return position(record).changeId();
    }

    /**
     * Whether all rows that there were at the start had been told when a record of the connector was. While rows are told
     * anew it is not so.
     */
    public static boolean hasToldAllRows(SourceRecord record) {
        return position(record).hasToldAllRows();
    }

    /** The export that was wholly told when a record of the connector was; empty if one is being told, or none is. */
    public static Optional<Export> exportTold(SourceRecord record) {
        return position(record) instanceof ExportPosition position && position.isEnd()
                ? position.export()
                : Optional.empty();
    }

    /**
     * What a capture of exports has done with the files of its folder, also while it runs.
     *
     * @param stateFolder as in its settings, or {@link #stateFolder}
     */
    public static Exports exports(Path stateFolder) throws IOException {
        ExportStore store = ExportStore.open(stateFolder);
        return new Exports(store.last().map(ExportStore.Taken::export), store.ignored());
    }

    /** The export that a capture of a folder would take first, as far as can be seen without waiting; empty if there is none. */
    public static Optional<Path> firstExport(Path exportsFolder) throws IOException {
        ExportFolder folder = new ExportFolder(exportsFolder, Duration.ZERO, Clock.systemUTC());
        return folder.look().settled().stream()
                .filter(export -> folder.fault(export).isEmpty())
                .findFirst()
                .map(folder::path);
    }

    /** The youngest file in a folder of exports, whether it is whole or not; empty if there is none. */
    public static Optional<Export> youngestExport(Path exportsFolder) throws IOException {
        List<Export> present = new ExportFolder(exportsFolder, Duration.ZERO, Clock.systemUTC())
                .look()
                .present();
        return present.isEmpty() ? Optional.empty() : Optional.of(present.get(present.size() - 1));
    }

    /** The copy of the export that was taken last, which stays until the next one is told; empty if there is none. */
    public static Optional<Path> lastCopy(Path stateFolder) throws IOException {
        ExportStore store = ExportStore.open(stateFolder);
        return store.last().filter(store::hasCopy).map(store::copy);
    }

    /** Where a capture of exports keeps its copies, unless its settings say otherwise. */
    public static Path stateFolder(Path exportsFolder) {
        return exportsFolder.resolve(".sqlite-connector");
    }

    /** Removes the copies of a capture of exports and its notes; no connector may be running. A repeat does nothing. */
    public static void removeExports(Path stateFolder) throws IOException {
        ExportStore.remove(stateFolder);
    }

    @SuppressWarnings("unchecked")
    private static SourceOffset position(SourceRecord record) {
        return SourceOffset.of((Map<String, Object>) record.sourceOffset())
                .orElseThrow(() -> new IllegalArgumentException("not a record of the connector"));
    }

    /** Whether triggers or a log of a capture are there. */
    public static boolean isPresent(Connection sqlite) throws SQLException {
        return ChangeLog.hasTraces(sqlite);
    }

    /** Whether a table has triggers of a capture; one that was made anew has none. */
    public static boolean isPresent(Connection sqlite, String table) throws SQLException {
        return !ChangeLog.triggersOf(sqlite, table).isEmpty();
    }

    /** Removes all triggers and the log; no connector may be running. A repeat does nothing. */
    public static void remove(Connection sqlite) throws SQLException {
        ChangeLog.disarm(sqlite);
    }
}
