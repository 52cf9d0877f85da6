-- The move from SQLite and Qdrant. One at a time, so its row is the only one.

create table cutover (
    only_row     boolean primary key default true check (only_row),
    state        text not null default 'idle'
                 check (state in ('idle', 'snapshotting', 'streaming', 'verified', 'cut-over', 'rolled-back', 'closed')),
    -- What the process that runs the move has to do.
    wish         text check (wish in ('complete', 'clean', 'roll-back', 'close')),
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
    measured_at  timestamptz,
    -- Rows and changes that PostgreSQL, or the file on the way back, took of late.
    per_second   real not null default 0,
    -- Rows that were written to the file since PostgreSQL is the one that is written to.
    taken_back   bigint not null default 0
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
    -- Where the topics ended when it began, by table: it tells nothing about what came later.
    topic_ends  jsonb,
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

-- Rows of PostgreSQL that the file cannot take back as they are.
create table cutover_not_taken_back (
    table_name text not null,
    row_id     bigint not null,
    detail     text not null,
    at         timestamptz not null default now(),
    primary key (table_name, row_id)
);

-- What is written from now on can be followed: for the way back.
create function cutover_follow() returns void
    language plpgsql
    security definer
    set search_path = public, pg_temp
as $$
begin
    if not exists (select from pg_publication where pubname = 'kb_cutover') then
        create publication kb_cutover for table users, chat_sessions, chat_messages, usage_logs, notion_syncs;
    end if;
end
$$;

create function cutover_follow_no_more() returns void
    language plpgsql
    security definer
    set search_path = public, pg_temp
as $$
begin
    drop publication if exists kb_cutover;
end
$$;

-- PostgreSQL becomes the one that is written to. Ids go on after those that the legacy database has given, also to rows
-- that are in quarantine here; rows that were born here get such ids, too, so that the file can take them back. Rows that
-- belong to nobody are refused from now on; those of the legacy database stay.
create function cutover_open() returns void
    language plpgsql
    security definer
    set search_path = public, pg_temp
    set lock_timeout = '10s'
as $$
declare
    born_here constant bigint := 1000000000;
    moved text;
    last_id bigint;
    reference record;
begin
    lock table users, chat_sessions, chat_messages, usage_logs, notion_syncs in share row exclusive mode;
    foreach moved in array array['users', 'chat_sessions', 'chat_messages', 'usage_logs', 'notion_syncs'] loop
        execute format('drop trigger if exists cutover_shut on %I', moved);
        execute format('select greatest(1, max(id)) from %I where id < %s', moved, born_here) into last_id;
        select greatest(last_id, max(row_id)) into last_id from cutover_quarantine
            where table_name = moved and row_id < born_here;
        execute format('update %1$I t set id = %2$s + n.number
                            from (select id, row_number() over (order by id) as number from %1$I where id >= %3$s) n
                            where t.id = n.id', moved, last_id, born_here);
        execute format('select setval(pg_get_serial_sequence(%1$L, %2$L), greatest(%3$s, max(id))) from %1$I',
                       moved, 'id', last_id);
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

-- SQLite is the one that is written to, before the cutover and after the way back. The services go on: whom they see first
-- gets an id of those who were born here.
create function cutover_shut() returns void
    language plpgsql
    security definer
    set search_path = public, pg_temp
    set lock_timeout = '10s'
as $$
declare
    moved text;
begin
    lock table users, chat_sessions, chat_messages, usage_logs, notion_syncs in share row exclusive mode;
    foreach moved in array array['users', 'chat_sessions', 'chat_messages', 'usage_logs', 'notion_syncs'] loop
        execute format('create or replace trigger cutover_shut before insert or update or delete or truncate on %I
                            for each statement execute function cutover_refuse()', moved);
        execute format('alter table %I drop constraint if exists %I', moved, 'fk_' || moved);
        execute format('select setval(pg_get_serial_sequence(%1$L, %2$L), greatest(1000000000, max(id) + 1), false)
                            from %1$I', moved, 'id');
    end loop;
end
$$;

create function cutover_refuse() returns trigger
    language plpgsql
as $$
begin
    if session_user not in ('kb_ingest', 'kb_embed', 'kb_search') then
        raise exception 'The application''s data is in its SQLite file; here only the cutover writes.'
            using errcode = 'read_only_sql_transaction';
    end if;
    return null;
end
$$;

revoke execute on function cutover_follow, cutover_follow_no_more, cutover_open, cutover_shut from public;
grant execute on function cutover_follow, cutover_follow_no_more, cutover_open, cutover_shut to kb_ingest;

grant select, insert, update, delete on cutover, cutover_log, cutover_verifications, cutover_offsets, cutover_tables,
    cutover_quarantine, cutover_originals, cutover_not_taken_back to kb_ingest;
-- Rows of the legacy application come in through this service, tokens included.
grant select, insert, update, delete on users, chat_sessions, chat_messages, usage_logs, notion_syncs to kb_ingest;

-- The import of Qdrant's points: where its present round has come to. One collection, so its row is the only one.
create table cutover_qdrant (
    only_row          boolean primary key default true check (only_row),
    collection        text not null,
    -- Whose the points without an owner become; null if they are left out.
    unowned_to        text,
    round             integer not null default 0,
    phase             text not null default 'done' check (phase in ('reading', 'sorting', 'done')),
    -- The id of the point that is to be read next, as JSON; null before the first one.
    next_offset       text,
    begun_at          timestamptz not null default now(),
    finished_at       timestamptz,
    points_read       bigint not null default 0,
    points_added      bigint not null default 0,
    points_changed    bigint not null default 0,
    points_gone       bigint not null default 0,
    documents_added   bigint not null default 0,
    documents_changed bigint not null default 0,
    documents_deleted bigint not null default 0
);

-- How Qdrant is reached; the key is sealed by one that is not in the database.
create table cutover_qdrant_source (
    only_row   boolean primary key default true check (only_row),
    url        text not null,
    collection text not null,
    vector     text,
    unowned_to text,
    sealed_key bytea
);

create table cutover_qdrant_points (
    point_id     text primary key,
    -- In which it was last seen: one of an earlier round is gone.
    round        integer not null,
    payload_hash bytea not null,
    -- False for one that can be part of no document.
    fits         boolean not null,
    -- New, changed or gone since documents were made of those of its source.
    unsettled    boolean not null,
    owner        varchar,
    source_type  varchar,
    source       varchar,
    chunk_id     integer,
    content      text,
    title        varchar,
    source_url   varchar,
    edited       varchar,
    page         integer,
    total_pages  integer,
    file_type    varchar,
    part         varchar,
    -- The payload, where something of it could not be kept as it is.
    original     bytea,
    -- Why it is in no document, or the document that it is in.
    reason       varchar,
    document_id  uuid,
    check (reason is null or document_id is null)
);
create index idx_cutover_qdrant_points_source on cutover_qdrant_points (source, source_type, owner);
create index idx_cutover_qdrant_points_unsettled on cutover_qdrant_points (source, source_type, owner) where unsettled;
create index idx_cutover_qdrant_points_document on cutover_qdrant_points (document_id);
create index idx_cutover_qdrant_points_reason on cutover_qdrant_points (reason, point_id) where reason is not null;

create table cutover_qdrant_documents (
    document_id     uuid primary key,
    owner           varchar not null,
    source_type     varchar not null,
    source          varchar not null,
    source_id       varchar not null,
    -- The one that the import has made: another one is somebody's here.
    version         integer not null,
    digest          bytea not null,
    -- How many different ones there are of its source, and how often it was there.
    chains          integer not null,
    copies          integer not null,
    -- Whether another pairing of chunks was as likely.
    ambiguous       boolean not null,
    without_overlap integer not null,
    boundaries      integer not null,
    missing_chunks  bigint not null
);
create index idx_cutover_qdrant_documents_source on cutover_qdrant_documents (source, source_type, owner);

grant select, insert, update, delete on cutover_qdrant, cutover_qdrant_source, cutover_qdrant_points,
    cutover_qdrant_documents to kb_ingest;
