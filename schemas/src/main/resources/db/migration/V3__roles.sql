-- One role per service, each with what it needs; passwords are set outside of the migrations.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['kb_ingest', 'kb_embed', 'kb_search', 'kb_chat'] loop
        begin
            execute format('create role %I login', role_name);
        exception when duplicate_object or unique_violation then
            null; -- roles belong to the whole server: another database may have made them
        end;
    end loop;
end
$$;

grant usage on schema public to kb_ingest, kb_embed, kb_search, kb_chat;
grant execute on function ensure_user to kb_ingest, kb_embed, kb_search;

grant select, insert, update on documents to kb_ingest;
grant select, insert, update, delete on document_contents, document_content_parts to kb_ingest;
grant select on index_generations, indexed_documents, staged_documents to kb_ingest;
grant select, insert, update, delete on leases to kb_ingest;

grant select, update on documents to kb_embed;
grant select on document_contents, document_content_parts to kb_embed;
grant select, insert, update, delete on index_generations, indexed_documents, staged_documents, leases to kb_embed;
grant usage on sequence document_chunks_id_seq to kb_embed;
grant create on schema public to kb_embed;
grant references on documents, index_generations, users to kb_embed;
-- Partitions and their HNSW indexes are made by the embed service, and only an owner may.
grant kb_embed to current_user;
alter table document_chunks owner to kb_embed;
alter table document_chunks_g1 owner to kb_embed;
alter view document_chunks_compat owner to kb_embed;

alter role kb_embed set maintenance_work_mem = '256MB';
-- Below 0.8.4, parallel builds of HNSW indexes have faults.
do $$
begin
    if (select string_to_array(extversion, '.')::int[] < array[0, 8, 4] from pg_extension where extname = 'vector') then
        alter role kb_embed set max_parallel_maintenance_workers = 0;
    end if;
end
$$;

grant select on documents, indexed_documents, index_generations, document_chunks, document_chunks_compat
    to kb_search, kb_chat;
grant select, insert, update, delete on users, chat_sessions, chat_messages, usage_logs, notion_syncs to kb_chat;

-- First fence: rows of the user that the transaction names (set local kb.user_id). The second one is in every query.
alter table documents enable row level security;
alter table document_contents enable row level security;
alter table document_content_parts enable row level security;
alter table indexed_documents enable row level security;
alter table document_chunks enable row level security;

create policy own_rows on documents for select to kb_search, kb_chat
    using (user_id = current_setting('kb.user_id', true));
create policy own_rows on indexed_documents for select to kb_search, kb_chat
    using (user_id = current_setting('kb.user_id', true));
create policy own_rows on document_chunks for select to kb_search, kb_chat
    using (user_id = current_setting('kb.user_id', true));

create policy pipeline on documents to kb_ingest, kb_embed using (true) with check (true);
create policy pipeline on document_contents to kb_ingest, kb_embed using (true) with check (true);
create policy pipeline on document_content_parts to kb_ingest, kb_embed using (true) with check (true);
create policy pipeline on indexed_documents to kb_ingest, kb_embed using (true) with check (true);
create policy pipeline on document_chunks to kb_embed using (true) with check (true);

-- Under row-level security the planner uses an index only for leakproof operators, and && is not marked as one:
-- the search for terms would read every row of the user. Only a superuser may mark it; kb doctor tells if it is not.
do $$
begin
    alter function arrayoverlap(anyarray, anyarray) leakproof;
exception when insufficient_privilege then
    raise warning 'arrayoverlap is not leakproof: lexical search will not use its index';
end
$$;
