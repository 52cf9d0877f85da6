-- Under row-level security the planner uses an index only for leakproof operators, and && is not marked as one: the
-- search for terms would read every row of the user. Only a superuser may mark it; kb doctor tells if it is not.
do $$
begin
    if not (select proleakproof from pg_proc where oid = 'arrayoverlap(anyarray, anyarray)'::regprocedure) then
        alter function arrayoverlap(anyarray, anyarray) leakproof;
    end if;
exception when insufficient_privilege then
    raise warning 'arrayoverlap is not leakproof: lexical search will not use its index';
end
$$;

-- Below 0.8.4, parallel builds of HNSW indexes have faults; a database that was restored on another server lacks this.
do $$
begin
    if (select string_to_array(extversion, '.')::int[] < array[0, 8, 4] from pg_extension where extname = 'vector') then
        alter role kb_embed set max_parallel_maintenance_workers = 0;
    end if;
exception when insufficient_privilege then
    raise warning 'kb_embed may build HNSW indexes in parallel, which pgvector before 0.8.4 does with faults';
end
$$;

-- The way back from the cutover follows what is written here; kb doctor tells if kb_ingest may not.
do $$
begin
    if not (select rolreplication from pg_roles where rolname = 'kb_ingest') then
        alter role kb_ingest replication;
    end if;
exception when insufficient_privilege then
    raise warning 'kb_ingest may not replicate: a cutover would have no way back';
end
$$;
