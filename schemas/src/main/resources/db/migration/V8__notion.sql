-- Notion: for whom it is read, what of it is to be read next, and what is known of it. The documents themselves are
-- documents like any other. All of it is the ingest service's; tokens are sealed by a key that is not in the database.

create table notion_connections (
    connection_id        uuid primary key,
    user_id              varchar not null references users (user_id),
    workspace_id         uuid not null,
    workspace_name       varchar not null,
    sealed_token         bytea not null,
    api_version          varchar not null,
    requests_per_minute  integer not null check (requests_per_minute between 2 and 100000),
    state                varchar not null check (state in ('active', 'needs-attention', 'deleting')),
    detail               varchar,
    state_since          timestamptz not null default now(),
    paused_until         timestamptz,
    created_at           timestamptz not null default now(),
    -- What was last edited before this was seen by a reconciliation.
    seen_until           timestamptz,
    reconciled_at        timestamptz,
    listed_at            timestamptz,
    listing_wanted       boolean not null default false,
    unique (user_id, workspace_id)
);
create index idx_notion_connections_workspace on notion_connections (workspace_id);

-- Who was sent to Notion's consent page, and has not come back yet.
create table notion_consents (
    state      varchar primary key,
    user_id    varchar not null,
    expires_at timestamptz not null
);

create table notion_entities (
    connection_id    uuid not null references notion_connections (connection_id) on delete cascade,
    entity_id        uuid not null,
    kind             varchar not null check (kind in ('page', 'data_source', 'database')),
    parent_id        uuid,
    title            varchar not null,
    path             varchar not null,
    last_edited_time timestamptz,
    read_at          timestamptz,
    gone             boolean not null default false,
    out_of_sight     timestamptz,
    detail           varchar,
    skipped_blocks   jsonb not null default '{}',
    -- Of a data source: when it changes, its rows have other texts without having been edited.
    schema_digest    varchar,
    -- The event that the document's version answers, until that version is indexed.
    awaited_document uuid,
    awaited_version  integer,
    event_time       timestamptz,
    primary key (connection_id, entity_id)
);
create index idx_notion_entities_parent on notion_entities (connection_id, parent_id);
create index idx_notion_entities_awaited on notion_entities (connection_id) where awaited_version is not null;

-- Discussions on blocks, which a page's own list of comments leaves out.
create table notion_commented_blocks (
    connection_id uuid not null references notion_connections (connection_id) on delete cascade,
    page_id       uuid not null,
    block_id      uuid not null,
    primary key (connection_id, page_id, block_id)
);

create table notion_files (
    connection_id    uuid not null references notion_connections (connection_id) on delete cascade,
    page_id          uuid not null,
    file_id          varchar not null,
    last_edited_time varchar not null,
    detail           varchar,
    primary key (connection_id, page_id, file_id)
);

-- What is to be read: one row however many events ask for it.
create table notion_tasks (
    connection_id uuid not null references notion_connections (connection_id) on delete cascade,
    entity_id     uuid not null,
    kind          varchar not null check (kind in ('page', 'data_source', 'database')),
    revision      bigint not null default 1,
    urgent        boolean not null,
    whole         boolean not null default false,
    unlisted      boolean not null default false,
    event_time    timestamptz,
    due_at        timestamptz not null,
    attempts      integer not null default 0,
    -- The runs that count its outcome.
    run_ids       bigint[] not null default '{}',
    primary key (connection_id, entity_id)
);
create index idx_notion_tasks_urgent on notion_tasks (connection_id, urgent desc, due_at);
create index idx_notion_tasks_due on notion_tasks (connection_id, due_at);

create table notion_runs (
    run_id        bigint primary key references notion_syncs (id) on delete cascade,
    connection_id uuid not null references notion_connections (connection_id) on delete cascade,
    kind          varchar not null check (kind in ('all', 'pages', 'changes')),
    reread        boolean not null default false,
    state         varchar not null default 'waiting' check (state in ('waiting', 'reading', 'done')),
    created_at    timestamptz not null default now(),
    attempts      integer not null default 0,
    due_at        timestamptz not null default now(),
    started_at    timestamptz,
    finished_at   timestamptz,
    expected      integer not null default 0,
    fetched       integer not null default 0,
    unchanged     integer not null default 0,
    changed       integer not null default 0,
    deleted       integer not null default 0,
    failed        integer not null default 0,
    failures      jsonb not null default '[]'
);
create index idx_notion_runs_connection on notion_runs (connection_id, run_id);
create index idx_notion_runs_unfinished on notion_runs (connection_id) where state <> 'done';
create unique index idx_notion_runs_alone on notion_runs (connection_id, kind) where state <> 'done' and kind <> 'pages';
create index idx_notion_runs_finished on notion_runs (finished_at);

create table notion_subscriptions (
    subscription_key uuid primary key,
    sealed_token     bytea not null,
    taken_at         timestamptz not null default now(),
    -- Learned from the first event that the token has signed.
    subscription_id  uuid unique
);

-- While it is open, one verification token is taken.
create table notion_window (
    only_row         boolean primary key default true check (only_row),
    window_id        uuid not null,
    open_until       timestamptz not null,
    subscription_key uuid references notion_subscriptions (subscription_key) on delete cascade
);

create table notion_events (
    event_id    uuid primary key,
    received_at timestamptz not null default now()
);
create index idx_notion_events_received on notion_events (received_at);

grant select, insert, update, delete on notion_connections, notion_consents, notion_entities, notion_commented_blocks,
    notion_files, notion_tasks, notion_runs, notion_subscriptions, notion_window, notion_events to kb_ingest;
grant select, insert, update, delete on notion_syncs to kb_ingest;
-- Connections refer to users, whose tokens of the legacy application stay out of sight.
grant select (user_id) on users to kb_ingest;
