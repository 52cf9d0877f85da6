package io.knowledgebase.sqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Short transactions: in rollback-journal mode a long read makes the application's writes fail. */
final class Transactions {

    /** What is done in a transaction. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws SQLException;
    }

    /** Statements of a transaction that writes. */
    @FunctionalInterface
    interface Writes {
        void run(Statement statement) throws SQLException;
    }

    private Transactions() {}

    /** Everything that is read is of one moment. */
    static <T> T read(Connection sqlite, Work<T> work) throws SQLException {
        try (Statement statement = sqlite.createStatement()) {
            statement.execute("begin");
            try {
                return work.run();
            } finally {
                statement.execute("rollback");
            }
        }
    }

    static void write(Connection sqlite, Writes work) throws SQLException {
        try (Statement statement = sqlite.createStatement()) {
            statement.execute("begin immediate");
            try {
                work.run(statement);
                statement.execute("commit");
            } catch (SQLException e) {
                statement.execute("rollback");
                throw e;
            }
        }
    }
}
