-- The move from SQLite and Qdrant. One at a time, so its row is the only one.

create table cutover (
    only_row     boolean primary key default true check (only_row),
    state        text not null default 'idle'
                 check (state in ('idle', 'snapshotting', 'streaming', 'verified', 'cut-over', 'rolled-back', 'closed')),
    sqlite_file  text,
    tables       text[] not null default '{}',
    started_at   timestamptz,
    changed_at   timestamptz not null default now(),
    -- Why nothing moves at the moment.
    problem      text,
    -- Of the file's log: the last change that there is, and the last one that Kafka has.
    last_change  bigint not null default 0,
    captured     bigint not null default 0,
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
    table_name   text primary key,
    rows_at_start bigint not null,
    next_offset  bigint not null,
    change_id    bigint not null default 0,
    rows_read    bigint not null default 0,
    changes      bigint not null default 0
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

grant select, insert, update, delete on cutover, cutover_log, cutover_verifications, cutover_offsets, cutover_tables,
    cutover_quarantine, cutover_originals to kb_ingest;
-- Rows of the legacy application come in through this service, tokens included.
grant select, insert, update, delete on users, chat_sessions, chat_messages, usage_logs, notion_syncs to kb_ingest;
