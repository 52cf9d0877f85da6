package io.knowledgebase.local.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.schemas.database.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupIT {

    private static final String DOCUMENT = """
            select ensure_user('anna');
            insert into document_contents values (sha256('%1$s'), 1);
            insert into document_content_parts values (sha256('%1$s'), 0, '%1$s');
            insert into documents (document_id, user_id, source_type, source_id, content_sha256, content_bytes)
            values (gen_random_uuid(), 'anna', 'upload', '%1$s', sha256('%1$s'), 1);
            insert into document_chunks (chunk_id, user_id, text, source_type, source_id, embedding_vector, chunk_index,
                                         generation, document_id, version, attempt, token_count, text_hash, terms,
                                         term_weights)
            select '%1$s', user_id, 'text', source_type, source_id, array_fill(1, array[384])::vector, 0, 1, document_id,
                   1, 1, 1, 'x', '{1}', '{1:1}/1000000000'
            from documents where source_id = '%1$s'
            """;

    @TempDir
    private Path folder;

    private final PostgresCluster server = PostgresCluster.forTests();
    private DatabaseAddress database;
    private Path log;

    @BeforeEach
    void onlyOneDocument() throws Exception {
        String url = server.createDatabase("saved");
        database = new DatabaseAddress(url, server.user(), server.password());
        log = folder.resolve("backup.log");
        Database.migrate(url, server.user(), server.password());
        execute(DOCUMENT.formatted("a"));
    }

    @Test
    void whatWasSavedComesBackAndWhatCameSinceIsKeptAside() throws Exception {
        Path backup = folder.resolve("saved");
        new Backup(database, log).write(backup);
        execute(DOCUMENT.formatted("b"));

        String kept = new Restore(backup, database, log).replace().orElseThrow();

        assertThat(value(database, "select string_agg(source_id, ',') from documents"))
                .isEqualTo("a");
        assertThat(value(database, "select count(*) from document_chunks")).isEqualTo("1");
        assertThat(value(database, "select republish from publication"))
                .as("Kafka may know more")
                .isEqualTo("t");
        assertThat(value(database, "select tableowner from pg_tables where tablename = 'document_chunks_g1'"))
                .isEqualTo("kb_embed");
        assertThat(value(database, "select has_table_privilege('kb_search', 'document_chunks', 'select')"))
                .isEqualTo("t");
        assertThat(value(database, "select relrowsecurity from pg_class where relname = 'document_chunks'"))
                .isEqualTo("t");
        assertThat(value(database.named(kept), "select count(*) from documents"))
                .isEqualTo("2");
    }

    @Test
    void databaseThatIsGoneComesBack() throws Exception {
        Path backup = folder.resolve("saved");
        new Backup(database, log).write(backup);
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("drop database saved with (force)");
        }

        assertThat(new Restore(backup, database, log).replace()).isEmpty();

        assertThat(value(database, "select count(*) from document_contents")).isEqualTo("1");
    }

    @Test
    void backupThatWasDamagedReplacesNothing() throws Exception {
        Path backup = folder.resolve("saved");
        new Backup(database, log).write(backup);
        byte[] dump = Files.readAllBytes(Manifest.dump(backup));
        dump[dump.length / 2] ^= 1;
        Files.write(Manifest.dump(backup), dump);

        assertThatThrownBy(() -> new Restore(backup, database, log))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("SHA-256");
        assertThatThrownBy(() -> new Restore(folder.resolve("none"), database, log))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("is no backup");
    }

    @Test
    void whatDiffersFromTheManifestReplacesNothing() throws Exception {
        Path backup = folder.resolve("saved");
        new Backup(database, log).write(backup);
        Path manifest = backup.resolve("manifest.json");
        Files.writeString(
                manifest, Files.readString(manifest).replaceFirst("(\"documents\" : \\{\\s*\"rows\" : )1", "$12"));

        assertThatThrownBy(() -> new Restore(backup, database, log).replace())
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("differs from what was saved, in [documents]");
        assertThat(value(database, "select count(*) from documents")).isEqualTo("1");
    }

    @Test
    void databaseInUseIsNotReplacedAndAFolderInUseNotWritten() throws Exception {
        Path backup = folder.resolve("saved");
        new Backup(database, log).write(backup);

        assertThatThrownBy(() -> new Backup(database, log).write(backup))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("exists already");
        try (Connection busy = database.connect()) {
            assertThat(busy.isValid(1)).isTrue();
            assertThatThrownBy(() -> new Restore(backup, database, log).replace())
                    .isInstanceOf(CommandFailedException.class)
                    .hasMessageContaining("in use: kb");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String value(DatabaseAddress database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }
}
