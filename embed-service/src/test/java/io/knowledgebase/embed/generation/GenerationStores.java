package io.knowledgebase.embed.generation;

import io.knowledgebase.embed.EmbedDatabase;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The store as the embed service has it. */
final class GenerationStores {

    private GenerationStores() {}

    static GenerationStore of(EmbedDatabase database) {
        DataSource embed = database.asEmbed();
        return new GenerationStore(new JdbcTemplate(embed), new TransactionTemplate(new JdbcTransactionManager(embed)));
    }
}
