package io.knowledgebase.schemas.database;

import java.time.Duration;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The right to do what only one process may do at a time, kept in PostgreSQL and measured by its clock. A holder that
 * dies is replaced when its time is over; a holder that was merely slow must be fenced by what it writes to.
 */
public final class Lease {

    private final JdbcClient jdbc;
    private final String name;
    private final String holder;
    private final Duration duration;

    /**
     * A lease that nobody has taken yet.
     *
     * @param holder unique for this process
     */
    public Lease(JdbcClient jdbc, String name, String holder, Duration duration) {
        this.jdbc = jdbc;
        this.name = name;
        this.holder = holder;
        this.duration = duration;
    }

    /** Takes or prolongs the lease; false while somebody else has it. */
    public boolean acquire() {
        return jdbc.sql("""
                insert into leases (name, holder, expires_at)
                values (:name, :holder, clock_timestamp() + :duration * interval '1 ms')
                on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
                where leases.holder = excluded.holder or leases.expires_at < clock_timestamp()
                """)
                        .param("name", name)
                        .param("holder", holder)
                        .param("duration", duration.toMillis())
                        .update()
                == 1;
    }

    /** Lets the next one take the lease at once. */
    public void release() {
        jdbc.sql("delete from leases where name = :name and holder = :holder")
                .param("name", name)
                .param("holder", holder)
                .update();
    }
}
