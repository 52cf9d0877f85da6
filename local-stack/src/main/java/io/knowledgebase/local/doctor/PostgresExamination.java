package io.knowledgebase.local.doctor;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.Terminal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;

/** Examines a PostgreSQL server and the database on it. */
final class PostgresExamination {

    private static final int OLDEST_VERSION = 150_000;
    private static final int FIRST_WITHOUT_PARALLEL_FAULT = 804;
    /** Of one user: search-service's kb.search.exact-chunks. */
    private static final int CHUNKS_THAT_NEED_HNSW = 20_000;

    private static final int CHUNKS_THAT_NEED_AN_INDEX = 2_000;
    private static final String MIGRATE = "./kb migrate (./kb up does it too)";
    private static final Set<String> INDEXES = Set.of(
            "idx_user_terms",
            "idx_user_source",
            "idx_user_created",
            "idx_source_id",
            "idx_user_text_hash",
            "idx_chunk_row",
            "idx_documents_user",
            "idx_documents_content",
            "idx_documents_pending",
            "idx_documents_published",
            "idx_indexed_documents_user");

    private final Home home;
    private static final long MUCH_LOG_MEBIBYTES = 10_240;

    private final DatabaseAddress address;
    private final List<Finding> findings = new ArrayList<>();

    PostgresExamination(Home home) {
        this.home = home;
        this.address = home.database();
    }

    List<Finding> examine() {
        boolean answers = false;
        try (Connection connection = address.connect();
                Statement sql = connection.createStatement()) {
            answers = true;
            add(Finding.ok("PostgreSQL", "answers: " + address));
            version(sql);
            settings(sql);
            extension(sql, "vector");
            extension(sql, "btree_gin");
            vectorOperation(sql);
            rights(sql);
            if (migrations()) {
                roles(sql);
                indexes(sql);
                approximateIndexes(sql);
                leakproof(sql);
                wayBack(sql);
                plan(sql);
                notion(sql);
            }
        } catch (SQLException e) {
            add(
                    answers
                            ? Finding.fail(
                                    "PostgreSQL",
                                    "refuses the rest of the examination: " + e.getMessage(),
                                    "check the rights of " + address.user())
                            : Finding.fail(
                                    "PostgreSQL",
                                    "does not answer: " + address + ": " + e.getMessage(),
                                    home.ownsPostgres()
                                            ? "./kb up"
                                            : "check KB_DATABASE_URL, the server and its pg_hba.conf"));
        }
        return List.copyOf(findings);
    }

    private void add(Finding finding) {
        findings.add(finding);
    }

    private void version(Statement sql) throws SQLException {
        int version = Integer.parseInt(text(sql, "show server_version_num"));
        String shown = text(sql, "show server_version");
        add(
                version >= OLDEST_VERSION
                        ? Finding.ok("server version", shown)
                        : Finding.fail("server version", shown + " is too old", "use PostgreSQL 15 or newer"));
    }

    private void settings(Statement sql) throws SQLException {
        String level = text(sql, "show wal_level");
        add(
                level.equals("logical")
                        ? Finding.ok("wal_level", level)
                        : Finding.warn(
                                "wal_level",
                                level + ": the way back from the cutover needs logical",
                                "alter system set wal_level = logical; then restart PostgreSQL"));
        int allowed = Integer.parseInt(text(sql, "show max_connections"));
        int used = Integer.parseInt(
                text(sql, "select count(*) from pg_stat_activity where backend_type = 'client backend'"));
        add(
                allowed - used >= 20
                        ? Finding.ok("connections", used + " of " + allowed + " in use")
                        : Finding.warn("connections", used + " of " + allowed + " in use", "raise max_connections"));
    }

    private void extension(Statement sql, String name) throws SQLException {
        String installed = text(sql, "select extversion from pg_extension where extname = '" + name + "'");
        String available = text(sql, "select default_version from pg_available_extensions where name = '" + name + "'");
        if (available.isEmpty()) {
            add(Finding.fail(
                    "extension " + name,
                    "is not on the server",
                    name.equals("vector")
                            ? "install pgvector (package postgresql-NN-pgvector, or local-stack/provision/postgresql.sh)"
                            : "install PostgreSQL's contrib modules"));
        } else if (installed.isEmpty()) {
            add(Finding.fail("extension " + name, "is not created in the database", MIGRATE));
        } else if (name.equals("vector") && number(installed) < 800) {
            add(Finding.fail(
                    "extension vector", installed + " has no iterative scan", "install pgvector 0.8 or newer"));
        } else {
            add(Finding.ok("extension " + name, installed));
        }
    }

    private static int number(String version) {
        int number = 0;
        String[] parts = version.split("\\.", -1);
        for (int i = 0; i < 3; i++) {
            number = number * 100 + (i < parts.length ? Integer.parseInt(parts[i]) : 0);
        }
        return number;
    }

    private void vectorOperation(Statement sql) throws SQLException {
        if (text(sql, "select 1 from pg_extension where extname = 'vector'").isEmpty()) {
            return;
        }
        String cosine = text(sql, "select round(('[1,0]'::vector <=> '[1,1]'::vector)::numeric, 3)");
        String product = text(sql, "select '{1:2}/10'::sparsevec <#> '{1:3}/10'::sparsevec");
        boolean good = cosine.equals("0.293") && product.equals("-6");
        add(
                good
                        ? Finding.ok("vector operation", "cosine and sparse inner product are right")
                        : Finding.fail(
                                "vector operation",
                                "cosine " + cosine + " (0.293), inner product " + product + " (-6)",
                                "reinstall pgvector"));
    }

    private void rights(Statement sql) throws SQLException {
        String rights = text(
                sql,
                "select concat_ws(', ', case when rolsuper then 'superuser' end, case when rolcreaterole then 'createrole' end)"
                        + " from pg_roles where rolname = current_user");
        if (rights.contains("superuser")) {
            add(Finding.ok("rights", address.user() + " is superuser"));
        } else if (rights.contains("createrole")) {
            add(Finding.warn(
                    "rights",
                    address.user() + " is not superuser: it cannot mark arrayoverlap leakproof",
                    "run ./kb migrate once as superuser"));
        } else {
            add(Finding.fail(
                    "rights",
                    address.user() + " may not create the services' roles",
                    "name an administrator in KB_DATABASE_URL"));
        }
    }

    private boolean migrations() {
        try {
            Flyway flyway = Flyway.configure()
                    .dataSource(address.jdbcUrl(), address.user(), address.password())
                    .locations("classpath:db/migration")
                    .ignoreMigrationPatterns("*:pending")
                    .load();
            MigrationInfoService info = flyway.info();
            MigrationInfo current = info.current();
            int pending = info.pending().length;
            long failed = Arrays.stream(info.all())
                    .filter(migration -> migration.getState().isFailed())
                    .count();
            if (current == null) {
                add(Finding.fail("migrations", "none has run", MIGRATE));
                return false;
            }
            String version = "schema version " + current.getVersion();
            if (failed > 0) {
                add(Finding.fail("migrations", version + ", " + failed + " failed", "./kb logs postgres says why"));
            } else if (!flyway.validateWithResult().validationSuccessful) {
                add(Finding.fail(
                        "migrations",
                        version + ", made by another build whose migrations differ",
                        "go back to that build, or start anew with ./kb reset"));
            } else if (pending > 0) {
                add(Finding.fail("migrations", version + ", " + pending + " are missing", MIGRATE));
            } else {
                add(Finding.ok("migrations", version));
            }
            return true;
        } catch (FlywayException e) {
            add(Finding.fail("migrations", "cannot be read: " + e.getMessage(), "check the administrator's rights"));
            return false;
        }
    }

    private void roles(Statement sql) throws SQLException {
        for (Service service : Service.values()) {
            String bypass =
                    text(sql, "select rolsuper or rolbypassrls from pg_roles where rolname = '" + service.role() + "'");
            if (bypass.isEmpty()) {
                add(Finding.fail("role " + service.role(), "is missing", MIGRATE));
                continue;
            }
            if (bypass.equals("t")) {
                add(Finding.fail(
                        "role " + service.role(),
                        "can bypass row-level security",
                        "alter role " + service.role() + " nosuperuser nobypassrls"));
                continue;
            }
            try (Connection login = login(service);
                    Statement own = login.createStatement()) {
                add(Finding.ok("role " + service.role(), "logs in and cannot bypass row-level security"));
                if (service == Service.EMBED) {
                    parallelBuilds(own);
                }
            } catch (SQLException e) {
                add(Finding.fail("role " + service.role(), "cannot log in: " + e.getMessage(), MIGRATE));
            }
        }
    }

    private Connection login(Service service) throws SQLException {
        return DriverManager.getConnection(address.jdbcUrl(), service.role(), home.rolePassword(service));
    }

    /** As the role that builds the indexes: it may have a setting of its own. */
    private void parallelBuilds(Statement sql) throws SQLException {
        String vector = text(sql, "select extversion from pg_extension where extname = 'vector'");
        if (number(vector) < FIRST_WITHOUT_PARALLEL_FAULT
                && !text(sql, "show max_parallel_maintenance_workers").equals("0")) {
            add(Finding.warn(
                    "HNSW builds",
                    "pgvector " + vector + " has faults in parallel builds (mended in 0.8.4)",
                    "alter role " + Service.EMBED.role()
                            + " set max_parallel_maintenance_workers = 0, or update pgvector"));
        }
    }

    private void indexes(Statement sql) throws SQLException {
        Set<String> missing = new TreeSet<>(INDEXES);
        List<String> invalid = new ArrayList<>();
        try (ResultSet rows = sql.executeQuery(
                "select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid"
                        + " join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public'")) {
            while (rows.next()) {
                missing.remove(rows.getString(1));
                if (!rows.getBoolean(2)) {
                    invalid.add(rows.getString(1));
                }
            }
        }
        if (!missing.isEmpty()) {
            add(Finding.fail("indexes", "missing: " + String.join(", ", missing), MIGRATE));
        } else if (!invalid.isEmpty()) {
            add(Finding.warn(
                    "indexes",
                    "invalid: " + String.join(", ", invalid),
                    "reindex index " + invalid.get(0) + "; an index being built is invalid for a while"));
        } else {
            add(Finding.ok("indexes", INDEXES.size() + " of " + INDEXES.size() + " are there"));
        }
    }

    private static final String GENERATIONS = """
            select g.generation, g.state,
                   exists (select from pg_index x
                           where x.indexrelid = to_regclass('document_chunks_g' || g.generation || '_hnsw')
                             and x.indisvalid),
                   coalesce((select sum(i.chunks) from indexed_documents i
                             where i.generation = g.generation and i.state = 'indexed'
                             group by i.user_id order by 1 desc limit 1), 0)
            from index_generations g order by g.generation
            """;

    private void approximateIndexes(Statement sql) throws SQLException {
        boolean live = false;
        try (ResultSet generation = sql.executeQuery(GENERATIONS)) {
            while (generation.next()) {
                live |= generation.getString(2).equals("live");
                boolean built = generation.getBoolean(3);
                long chunks = generation.getLong(4);
                String found = "generation " + generation.getInt(1) + " (" + generation.getString(2) + "), at most "
                        + chunks + " chunks of one user, " + (built ? "HNSW index" : "no HNSW index");
                boolean needed = chunks > CHUNKS_THAT_NEED_HNSW;
                add(
                        needed && !built
                                ? Finding.warn(
                                        "HNSW index",
                                        found,
                                        "embed-service builds it after the bulk load; ./kb logs embed says how far it is")
                                : Finding.ok("HNSW index", found + (needed || built ? "" : " (not needed yet)")));
            }
        }
        if (!live) {
            add(Finding.fail("generation", "none is live", "promote one: POST /v1/generations/{n}/promote"));
        }
    }

    private void leakproof(Statement sql) throws SQLException {
        boolean leakproof = text(sql, "select proleakproof from pg_proc where proname = 'arrayoverlap'")
                .equals("t");
        add(
                leakproof
                        ? Finding.ok("leakproof &&", "the index on terms works under row-level security")
                        : Finding.warn(
                                "leakproof &&",
                                "lexical search reads every chunk of a user instead of an index",
                                "as superuser: alter function arrayoverlap(anyarray, anyarray) leakproof"));
    }

    /** What a cutover needs to be taken back, and what that costs while it can be. */
    private void wayBack(Statement sql) throws SQLException {
        if (!text(sql, "select rolreplication from pg_roles where rolname = 'kb_ingest'")
                .equals("t")) {
            add(Finding.warn(
                    "way back",
                    "kb_ingest may not follow what is written: a cutover cannot be completed",
                    "as superuser: alter role kb_ingest replication"));
            return;
        }
        String retained = text(
                sql,
                "select (pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) / 1048576)::bigint from pg_replication_slots"
                        + " where database = current_database() and slot_name like 'kb_cutover_%'");
        boolean slotIsFree = text(
                        sql,
                        "select count(*) < current_setting('max_replication_slots')::int from pg_replication_slots")
                .equals("t");
        if (retained.isEmpty()) {
            add(
                    slotIsFree
                            ? Finding.ok("way back", "kb_ingest may follow what is written")
                            : Finding.warn(
                                    "way back",
                                    "all replication slots are in use: a cutover cannot be completed",
                                    "select * from pg_replication_slots; drop one that nobody needs, or raise"
                                            + " max_replication_slots and restart PostgreSQL"));
        } else {
            String kept = retained + " MiB of PostgreSQL's log are kept for it";
            add(
                    Long.parseLong(retained) < MUCH_LOG_MEBIBYTES
                            ? Finding.ok("way back", kept)
                            : Finding.warn(
                                    "way back", kept, "./kb cutover status tells why; ./kb cutover close gives it up"));
        }
    }

    /** Whether the search role finds terms by their index, for the user with the most chunks. */
    private void plan(Statement sql) throws SQLException {
        String user = text(
                sql,
                "select i.user_id from indexed_documents i join index_generations g using (generation) where g.state = 'live'"
                        + " group by i.user_id having sum(i.chunks) >= " + CHUNKS_THAT_NEED_AN_INDEX
                        + " order by sum(i.chunks) desc limit 1");
        if (user.isEmpty()) {
            add(Finding.ok("search plan", "no user has " + CHUNKS_THAT_NEED_AN_INDEX + " chunks: any plan is fast"));
            return;
        }
        try (Connection login = login(Service.SEARCH);
                Statement search = login.createStatement()) {
            login.setAutoCommit(false);
            String quoted = search.enquoteLiteral(user);
            search.execute("select set_config('kb.user_id', " + quoted + ", true)");
            StringBuilder plan = new StringBuilder();
            try (ResultSet rows =
                    search.executeQuery("explain (costs off) select 1 from document_chunks where generation ="
                            + " (select generation from index_generations where state = 'live') and user_id = " + quoted
                            + " and terms && array[1]")) {
                while (rows.next()) {
                    plan.append(rows.getString(1)).append('\n');
                }
            }
            boolean byIndex =
                    plan.toString().lines().anyMatch(line -> line.contains("Index Cond") && line.contains("terms &&"));
            add(
                    byIndex
                            ? Finding.ok("search plan", "terms are found by their index")
                            : Finding.warn(
                                    "search plan",
                                    "terms are not found by their index",
                                    "see leakproof && above; then: analyze document_chunks"));
        } catch (SQLException e) {
            add(Finding.warn("search plan", "cannot be looked at: " + e.getMessage(), "see role kb_search above"));
        }
    }

    private static final String CONNECTIONS = """
            select count(*), count(*) filter (where state = 'needs-attention'),
                   count(*) filter (where state = 'active'
                                      and coalesce(reconciled_at, created_at) < now() - interval '1 hour'),
                   min(detail) filter (where state = 'needs-attention')
            from notion_connections where state <> 'deleting'
            """;

    private void notion(Statement sql) throws SQLException {
        if (text(sql, "select to_regclass('notion_connections')").isEmpty()) {
            return; // before its migration, which is a finding of its own
        }
        try (ResultSet row = sql.executeQuery(CONNECTIONS)) {
            row.next();
            long all = row.getLong(1);
            long refused = row.getLong(2);
            long late = row.getLong(3);
            if (refused > 0) {
                add(Finding.warn(
                        "Notion",
                        refused + " of " + Terminal.counted(all, "connection") + " cannot be read, for example: "
                                + row.getString(4),
                        "their owners have to connect again: ./kb notion connect"));
            }
            if (late > 0) {
                add(Finding.warn(
                        "Notion",
                        late + " of " + Terminal.counted(all, "connection") + " not compared with Notion for an hour",
                        "./kb notion status tells each owner why; right if kb.notion.reconcile-every is longer"));
            }
            if (all > 0 && refused == 0 && late == 0) {
                add(Finding.ok("Notion", Terminal.counted(all, "connection") + " compared with Notion within an hour"));
            }
        }
    }

    private static String text(Statement sql, String query) throws SQLException {
        try (ResultSet row = sql.executeQuery(query)) {
            String value = row.next() ? row.getString(1) : null;
            return value == null ? "" : value;
        }
    }
}
