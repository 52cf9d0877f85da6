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
