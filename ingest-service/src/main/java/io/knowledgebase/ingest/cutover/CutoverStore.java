package io.knowledgebase.ingest.cutover;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import io.knowledgebase.ingest.cutover.legacy.LegacyExports;
import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.schemas.problem.Problem;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** SQL of the move's state. */
final class CutoverStore {

    private static final TypeReference<Map<String, Map<String, String>>> MAPPING = new TypeReference<>() {};

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    CutoverStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /**
     * The move as it is kept.
     *
     * @param sqliteFile the application's; of exports the one that the way back writes to, once it is there
     * @param exportsFolder where they come; null if the file itself is captured
     * @param knownExport the youngest one when the wish was uttered, as {@link LegacyExports#youngest} tells it
     * @param lastChange of the file's log
     * @param captured the last change that Kafka has
     * @param waiting events that Kafka has and PostgreSQL has not
     * @param measuredAt when they were looked at
     * @param perSecond rows and changes that were taken of late
     * @param takenBack rows that were written to the file since the cutover
     */
    record Kept(
            State state,
            @Nullable Wish wish,
            boolean forced,
            @Nullable String sqliteFile,
            @Nullable String exportsFolder,
            String knownExport,
            LegacySchema schema,
            List<LegacyTable> tables,
            @Nullable Instant startedAt,
            Instant changedAt,
            @Nullable String problem,
            long lastChange,
            long captured,
            long waiting,
            @Nullable Instant measuredAt,
            double perSecond,
            long takenBack) {

        /** What is moved. */
        String source() {
            return String.valueOf(exportsFolder == null ? sqliteFile : exportsFolder);
        }

        /** The folder of exports; null if the file itself is captured. */
        @Nullable
        LegacyExports exports() {
            return exportsFolder == null ? null : new LegacyExports(Path.of(exportsFolder));
        }

        /** Changes, or events of them, that are not in PostgreSQL yet. */
        long lag() {
            return Math.max(0, lastChange - captured) + waiting;
        }
    }

    /** What the process that runs the move has to do. */
    enum Wish {
        COMPLETE,
        ROLL_BACK,
        CLOSE,
        CLEAN,
        /** Of another wish. */
        WITHDRAW;

        /** As it is kept and shown. */
        @JsonValue
        String code() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        static @Nullable Wish ofCode(@Nullable String code) {
            return Arrays.stream(values())
                    .filter(wish -> wish.code().equals(code))
                    .findFirst()
                    .orElse(null);
        }
    }

    /** A table's progress. */
    record Table(String table, long rowsAtStart, long rowsRead, long changes) {}

    /** A change of the state. */
    record Transition(Instant at, String from, String to, String detail) {}

    <T> T atomically(Supplier<T> statements) {
        return Objects.requireNonNull(transaction.execute(status -> statements.get()));
    }

    Kept read() {
        return read("");
    }

    /** Reads it so that nobody else changes it before the transaction ends. */
    Kept lock() {
        return read(" for update");
    }

    private Kept read(String locking) {
        return jdbc.sql("""
                select state, wish, forced, sqlite_file, exports_folder, known_export, mapping, tables, started_at, changed_at, problem, last_change, captured,
                       waiting, measured_at, per_second, taken_back
                from cutover
                """ + locking).query((row, number) -> kept(row)).single();
    }

    private static Kept kept(ResultSet row) throws SQLException {
        LegacySchema schema = LegacySchema.of(JsonMapper.shared().readValue(row.getString("mapping"), MAPPING));
        return new Kept(
                State.ofCode(row.getString("state")),
                Wish.ofCode(row.getString("wish")),
                row.getBoolean("forced"),
                row.getString("sqlite_file"),
                row.getString("exports_folder"),
                Objects.requireNonNullElse(row.getString("known_export"), ""),
                schema,
                tables(schema, (String[]) row.getArray("tables").getArray()),
                instant(row, "started_at"),
                Objects.requireNonNull(instant(row, "changed_at")),
                row.getString("problem"),
                row.getLong("last_change"),
                row.getLong("captured"),
                row.getLong("waiting"),
                instant(row, "measured_at"),
                row.getDouble("per_second"),
                row.getLong("taken_back"));
    }

    private static List<LegacyTable> tables(LegacySchema schema, String[] names) {
        return Arrays.stream(names).flatMap(name -> schema.table(name).stream()).toList();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    void transition(State from, State to, String detail) {
        jdbc.sql("update cutover set state = :state, changed_at = now(), problem = null")
                .param("state", to.code())
                .update();
        log(from, to, detail);
    }

    /** Puts something down that does not change the state. */
    void note(State state, String detail) {
        log(state, state, detail);
    }

    private void log(State from, State to, String detail) {
        jdbc.sql("insert into cutover_log (from_state, to_state, detail) values (:from, :to, :detail)")
                .param("from", from.code())
                .param("to", to.code())
                .param("detail", detail)
                .update();
    }

    void wish(Wish wish, boolean forced) {
        jdbc.sql("update cutover set wish = :wish, forced = :forced")
                .param("wish", wish.code())
                .param("forced", forced)
                .update();
    }

    /** Puts down which export is not the last one. */
    void knowExport(String export) {
        jdbc.sql("update cutover set known_export = :export")
                .param("export", export)
                .update();
    }

    /** Puts down the file that the way back writes to. */
    void useFile(Path sqliteFile) {
        jdbc.sql("update cutover set sqlite_file = :file")
                .param("file", sqliteFile.toString())
                .update();
    }

    /** Keeps every other process from taking changes over until the transaction ends; how far they were taken. */
    Map<LegacyTable, Long> lockPositions(List<LegacyTable> tables) {
        return offsets(tables, "select table_name, next_offset from cutover_tables order by table_name for update");
    }

    /** Lets PostgreSQL be written to by the application. */
    void open() {
        jdbc.sql("select cutover_open()").query().singleRow();
    }

    /** Lets nobody but the services write to the application's tables. */
    void shut() {
        jdbc.sql("select cutover_shut()").query().singleRow();
    }

    /** The wish is fulfilled, or cannot be. */
    void forgetWish() {
        jdbc.sql("update cutover set wish = null, forced = false").update();
    }

    /** Whether the last comparison of the move found both sides equal, and not too long ago. */
    boolean isFreshlyVerified(Duration fresh) {
        return jdbc.sql("""
                select exists (
                    select from cutover c, (select * from cutover_verifications order by id desc limit 1) v
                    where c.state = 'verified' and (v.result -> 'equal')::boolean
                      and v.finished_at > now() - :fresh * interval '1 s')
                """)
                .param("fresh", fresh.toSeconds())
                .query(Boolean.class)
                .single();
    }

    /** A verification of Qdrant's texts; whether all of them are found. */
    record TextsLookedFor(long verification, Instant at, boolean found) {}

    /** The last one since the state was reached. */
    Optional<TextsLookedFor> textsLookedForSinceChange() {
        return jdbc.sql("""
                select v.id, v.finished_at, (v.result -> 'equal')::boolean as found
                from cutover c join cutover_verifications v on v.finished_at > c.changed_at
                where jsonb_typeof(v.result -> 'texts') = 'object'
                order by v.id desc
                limit 1
                """)
                .query((row, number) -> new TextsLookedFor(
                        row.getLong("id"),
                        Objects.requireNonNull(instant(row, "finished_at")),
                        row.getBoolean("found")))
                .optional();
    }

    void forgetSource() {
        jdbc.sql("update cutover set sqlite_file = null, exports_folder = null").update();
    }

    List<Transition> transitions() {
        return jdbc.sql("select at, from_state, to_state, detail from cutover_log order by id")
                .query((row, number) -> new Transition(
                        Objects.requireNonNull(instant(row, "at")),
                        row.getString("from_state"),
                        row.getString("to_state"),
                        row.getString("detail")))
                .list();
    }

    /**
     * Makes room for what a mapping adds; a repeat does nothing.
     *
     * @throws Problem 409 if PostgreSQL has something else there
     */
    void extend(LegacySchema schema) {
        schema.mapping()
                .forEach((name, columns) -> columns.keySet()
                        .forEach(column -> extend(schema.table(name).orElseThrow(), column)));
    }

    private void extend(LegacyTable table, String column) {
        jdbc.sql("select cutover_map(:table, :column, :type)")
                .param("table", table.table())
                .param("column", column)
                .param("type", table.column(column).orElseThrow().kind().type())
                .query(String.class)
                .optional()
                .ifPresent(refusal -> {
                    throw Problem.conflict(
                            "The mapping of " + table.table() + "." + column + " is not possible: " + refusal + ".");
                });
    }

    /** Forgets what an earlier move knew. */
    void begin(Source source, Map<LegacyTable, Long> rows, Map<LegacyTable, Long> nextOffsets) {
        jdbc.sql("""
                update cutover
                set wish = null, forced = false, sqlite_file = :file, exports_folder = :exports, tables = cast(:tables as text[]),
                    mapping = cast(:mapping as jsonb),
                    started_at = now(), last_change = 0, captured = 0, waiting = 0, measured_at = null,
                    per_second = 0, taken_back = 0
                """)
                .param("file", source.sqlite() == null ? null : source.sqlite().toString())
                .param(
                        "exports",
                        source.exports() == null ? null : source.exports().toString())
                .param(
                        "mapping",
                        JsonMapper.shared().writeValueAsString(source.schema().mapping()))
                .param("tables", rows.keySet().stream().map(LegacyTable::table).toArray(String[]::new))
                .update();
        giveUpVerification("Another move was started.");
        jdbc.sql("delete from cutover_tables").update();
        for (String aside : List.of("cutover_quarantine", "cutover_originals")) { // of tables that are moved no more
            jdbc.sql("delete from " + aside + " where table_name <> all(cutover_moved_tables())")
                    .update();
        }
        jdbc.sql("delete from cutover_not_taken_back").update();
        rows.forEach((table, count) -> jdbc.sql("""
                        insert into cutover_tables (table_name, rows_at_start, next_offset)
                        values (:table, :rows, :offset)
                        """)
                .param("table", table.table())
                .param("rows", count)
                .param("offset", nextOffsets.getOrDefault(table, 0L))
                .update());
    }

    /**
     * A comparison of both sides.
     *
     * @param finishedAt null while it is not done
     * @param result null if it is not done or could not be
     * @param failure why it could not be
     */
    record Verified(
            long id,
            Instant wantedAt,
            @Nullable Instant finishedAt,
            @JsonRawValue @Nullable String result,
            @Nullable String failure) {}

    /** Adds one, unless one is to be done already. */
    Verified wishVerification() {
        jdbc.sql("""
                insert into cutover_verifications (wanted_at)
                select now() where not exists (select from cutover_verifications where finished_at is null)
                """).update();
        return lastVerification().orElseThrow();
    }

    /** Ends the one that is to be done, if there is one. */
    void giveUpVerification(String why) {
        jdbc.sql("update cutover_verifications set finished_at = now(), failure = :why where finished_at is null")
                .param("why", why)
                .update();
    }

    Optional<Verified> lastVerification() {
        return jdbc.sql("select * from cutover_verifications order by id desc limit 1")
                .query((row, number) -> verified(row))
                .optional();
    }

    Optional<Verified> findVerification(long id) {
        return jdbc.sql("select * from cutover_verifications where id = :id")
                .param("id", id)
                .query((row, number) -> verified(row))
                .optional();
    }

    private static Verified verified(ResultSet row) throws SQLException {
        return new Verified(
                row.getLong("id"),
                Objects.requireNonNull(instant(row, "wanted_at")),
                instant(row, "finished_at"),
                row.getString("result"),
                row.getString("failure"));
    }

    /** Puts down where the topics ended before a comparison, which tells nothing about what came later. */
    void beginVerification(long id, Map<LegacyTable, Long> topicEnds) {
        Map<String, Long> ends = new TreeMap<>();
        topicEnds.forEach((table, end) -> ends.put(table.table(), end));
        jdbc.sql("update cutover_verifications set topic_ends = cast(:ends as jsonb) where id = :id")
                .param("ends", JsonMapper.shared().writeValueAsString(ends))
                .param("id", id)
                .update();
    }

    /** Where the topics ended before the last comparison; empty if it is not known. */
    Map<LegacyTable, Long> topicEnds(List<LegacyTable> tables) {
        return offsets(tables, """
                select e.key as table_name, e.value::bigint as next_offset
                from (select topic_ends from cutover_verifications order by id desc limit 1) v,
                     jsonb_each_text(v.topic_ends) e
                """);
    }

    private Map<LegacyTable, Long> offsets(List<LegacyTable> tables, String sql) {
        Map<String, LegacyTable> byName = tables.stream().collect(Collectors.toMap(LegacyTable::table, table -> table));
        Map<LegacyTable, Long> offsets = new HashMap<>();
        jdbc.sql(sql).query(row -> {
            offsets.put(Objects.requireNonNull(byName.get(row.getString("table_name"))), row.getLong("next_offset"));
        });
        return offsets;
    }

    void finishVerification(long id, @Nullable String result, @Nullable String failure) {
        jdbc.sql("""
                update cutover_verifications
                set finished_at = now(), result = cast(:result as jsonb), failure = :failure
                where id = :id
                """)
                .param("result", result)
                .param("failure", failure)
                .param("id", id)
                .update();
    }

    void measured(long lastChange, long captured, long waiting, double perSecond, @Nullable String problem) {
        jdbc.sql("""
                update cutover
                set last_change = :last, captured = :captured, waiting = :waiting, per_second = :perSecond,
                    problem = :problem, measured_at = now()
                """)
                .param("perSecond", perSecond)
                .param("last", lastChange)
                .param("captured", captured)
                .param("waiting", waiting)
                .param("problem", problem)
                .update();
    }

    /** In the order in which they are moved. */
    List<Table> tables() {
        return jdbc.sql("""
                select t.* from cutover_tables t, cutover c
                order by array_position(c.tables, t.table_name)
                """)
                .query((row, number) -> new Table(
                        row.getString("table_name"),
                        row.getLong("rows_at_start"),
                        row.getLong("rows_read"),
                        row.getLong("changes")))
                .list();
    }

    /** How many rows a table has in quarantine, by reason. */
    SortedMap<String, Long> quarantined(String table) {
        return new TreeMap<>(jdbc
                .sql("select reason, count(*) as n from cutover_quarantine where table_name = :table group by reason")
                .param("table", table)
                .query((row, number) -> Map.entry(row.getString("reason"), row.getLong("n")))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    List<Verified> verifications() {
        return jdbc.sql("select * from cutover_verifications order by id")
                .query((row, number) -> verified(row))
                .list();
    }

    /** A row that lies aside, and why. */
    record Aside(String table, long id, String reason, String detail, Instant since) {}

    List<Aside> quarantine(int limit) {
        return asides(
                "select table_name, row_id, reason, detail, at from cutover_quarantine order by table_name, row_id",
                limit);
    }

    List<Aside> notTakenBack(int limit) {
        return asides(
                "select table_name, row_id, 'not-taken-back' as reason, detail, at from cutover_not_taken_back"
                        + " order by table_name, row_id",
                limit);
    }

    private List<Aside> asides(String sql, int limit) {
        return jdbc.sql(sql + " limit :limit")
                .param("limit", limit)
                .query((row, number) -> new Aside(
                        row.getString("table_name"),
                        row.getLong("row_id"),
                        row.getString("reason"),
                        row.getString("detail"),
                        Objects.requireNonNull(instant(row, "at"))))
                .list();
    }

    /** A document that was added, or got another content, since the cutover. */
    record NewDocument(
            UUID documentId,
            String userId,
            String sourceType,
            String externalId,
            @Nullable String title,
            Instant since) {}

    /** A question that somebody has asked. */
    record Question(String userId, String text) {}

    /** The last ones of users who have documents that were imported, the last first. */
    List<Question> questions(int limit) {
        return jdbc.sql("""
                select s.user_id, m.content
                from chat_messages m
                join chat_sessions s on s.session_id = m.session_id
                where m.role = 'user' and m.content ~ '\\S' and length(m.content) <= 20000
                  and s.user_id in (select d.user_id from cutover_qdrant_documents q
                                    join documents d on d.document_id = q.document_id and not d.deleted)
                order by m.id desc
                limit :limit
                """)
                .param("limit", limit)
                .query((row, number) -> new Question(row.getString("user_id"), row.getString("content")))
                .list();
    }

    /** Those that were added or changed since the last cutover, but for what Qdrant has, in the order of their ids. */
    List<NewDocument> newDocuments(@Nullable UUID after, int limit) {
        return jdbc.sql("""
                select document_id, user_id, source_type, source_id, title, updated_at from documents
                where not deleted
                  and updated_at > (select max(at) from cutover_log
                                    where to_state = 'cut-over' and from_state <> 'cut-over')
                  and not exists (select from cutover_qdrant_documents q where q.document_id = documents.document_id
                                    and q.version = documents.version)
                  and (cast(:after as uuid) is null or document_id > cast(:after as uuid))
                order by document_id
                limit :limit
                """)
                .param("after", after)
                .param("limit", limit)
                .query((row, number) -> new NewDocument(
                        row.getObject("document_id", UUID.class),
                        row.getString("user_id"),
                        row.getString("source_type"),
                        row.getString("source_id"),
                        row.getString("title"),
                        Objects.requireNonNull(instant(row, "updated_at"))))
                .list();
    }
}
