-- Attempts count from a multiple of a million, the epoch's. Publishing everything anew raises the epoch: then neither an
-- event nor a chunk of a future that PostgreSQL lost, because an older backup was restored, can ever be taken for what
-- the table says now. While it is wanted, nothing is published or indexed but what the documents table has.
create table publication (
    only_row    boolean primary key default true check (only_row),
    epoch       integer not null default 0 check (epoch between 0 and 2000),
    republish   boolean not null default false,
    epoch_since timestamptz not null default now()
);
insert into publication default values;
grant select, update on publication to kb_ingest;
grant select on publication to kb_embed;

create function first_attempt() returns integer
    language sql
    stable
    set search_path = pg_catalog, pg_temp
as $$
select epoch * 1000000 + 1 from public.publication
$$;
revoke execute on function first_attempt from public;
grant execute on function first_attempt to kb_ingest;

-- What is replayed waits behind what somebody has just uploaded.
alter table documents
    alter column attempt set default first_attempt(),
    add column replayed boolean not null default false;
drop index idx_documents_pending;
create index idx_documents_pending on documents (user_id, replayed, pending_since) where delivery = 'pending';
create index idx_documents_replayed on documents (delivery) where replayed and delivery <> 'settled';

alter table index_generations add column analysis varchar not null default 'english';
