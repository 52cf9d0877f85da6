-- The move from SQLite and Qdrant. One at a time, so its row is the only one.

create table cutover (
    only_row     boolean primary key default true check (only_row),
    state        text not null default 'idle'
                 check (state in ('idle', 'snapshotting', 'streaming', 'verified', 'cut-over', 'rolled-back', 'closed')),
    -- What the process that runs the move has to do.
    wish         text check (wish in ('complete', 'clean')),
    -- Whether it is done although something speaks against it.
    forced       boolean not null default false,
    sqlite_file  text,
    tables       text[] not null default '{}',
    started_at   timestamptz,
    changed_at   timestamptz not null default now(),
    -- Why nothing moves at the moment.
    problem      text,
    -- Of the file's log: the last change that there is, and the last one that Kafka has.
    last_change  bigint not null default 0,
    captured     bigint not null default 0,
    -- Events that Kafka has and PostgreSQL has not.
    waiting      bigint not null default 0,
    measured_at  timestamptz
);
insert into cutover default values;

create table cutover_log (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default now(),
    from_state text not null,
    to_state   text not null,
    detail     text not null
);

-- Comparisons of both sides; the result is what GET /v1/cutover/verifications tells.
create table cutover_verifications (
    id          bigint generated always as identity primary key,
    wanted_at   timestamptz not null default now(),
    finished_at timestamptz,
    result      jsonb,
    failure     text
);

-- Where the capture goes on, as Kafka Connect keeps it.
create table cutover_offsets (
    offset_key   text primary key,
    offset_value text
);

-- What the sink has taken of each table's topic, in the transaction of the rows themselves.
create table cutover_tables (
    table_name    text primary key,
    rows_at_start bigint not null,
    next_offset   bigint not null,
    change_id     bigint not null default 0,
    rows_read     bigint not null default 0,
    changes       bigint not null default 0
);

-- Rows that PostgreSQL cannot take, as Kafka has them: tokens are sealed.
create table cutover_quarantine (
    table_name text not null,
    row_id     bigint not null,
    reason     text not null,
    detail     text not null,
    event      text not null,
    at         timestamptz not null default now(),
    primary key (table_name, row_id)
);

-- What texts were before U+0000 was taken out of them.
create table cutover_originals (
    table_name  text not null,
    row_id      bigint not null,
    column_name text not null,
    original    bytea not null,
    primary key (table_name, row_id, column_name)
);

-- PostgreSQL becomes the one that is written to: ids go on after those that are there, and rows that belong to nobody
-- are refused from now on; those of the legacy database stay.
create function cutover_open() returns void
    language plpgsql
    security definer
    set search_path = public, pg_temp
as $$
declare
    table_name text;
    reference record;
begin
    foreach table_name in array array['users', 'chat_sessions', 'chat_messages', 'usage_logs', 'notion_syncs'] loop
        execute format('select setval(pg_get_serial_sequence(%L, %L), greatest(max(id), 1)) from %I',
                       table_name, 'id', table_name);
    end loop;
    for reference in
        select * from (values ('chat_sessions', 'user_id', 'users'), ('chat_messages', 'session_id', 'chat_sessions'),
                              ('usage_logs', 'user_id', 'users'), ('notion_syncs', 'user_id', 'users'))
            as known (referring, key_column, referred)
    loop
        if not exists (select from pg_constraint where conname = 'fk_' || reference.referring) then
            execute format('alter table %I add constraint %I foreign key (%I) references %I (%I) not valid',
                           reference.referring, 'fk_' || reference.referring, reference.key_column,
                           reference.referred, reference.key_column);
        end if;
    end loop;
end
$$;
revoke execute on function cutover_open from public;
grant execute on function cutover_open to kb_ingest;

grant select, insert, update, delete on cutover, cutover_log, cutover_verifications, cutover_offsets, cutover_tables,
    cutover_quarantine, cutover_originals to kb_ingest;
-- Rows of the legacy application come in through this service, tokens included.
grant select, insert, update, delete on users, chat_sessions, chat_messages, usage_logs, notion_syncs to kb_ingest;
