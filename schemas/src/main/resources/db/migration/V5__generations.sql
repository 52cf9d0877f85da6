-- A generation is built, gets its index, is verified and is then ready to be promoted; one that is dropped goes once no
-- service feeds it any more. Numbers are never used twice, because events of the old bearer may still be in Kafka.
alter table index_generations
    drop constraint index_generations_state_check,
    add constraint index_generations_state_check check (
        state in ('building', 'indexing', 'verifying', 'ready', 'failed', 'live', 'previous', 'dropping')),
    add column model_digest varchar,
    add column promote_when_ready boolean not null default false,
    add column state_since timestamptz not null default now(),
    add column detail varchar,
    add column verification jsonb;

create sequence index_generations_seq start with 2;
grant usage on sequence index_generations_seq to kb_embed;
alter sequence index_generations_seq owned by index_generations.generation;
