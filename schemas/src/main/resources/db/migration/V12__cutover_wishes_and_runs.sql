-- A wish may be taken back while it is not fulfilled.
alter table cutover
    drop constraint cutover_wish_check,
    add constraint cutover_wish_check check (wish in ('complete', 'clean', 'roll-back', 'close', 'withdraw'));

-- Syncs that were born here before the cutover get other ids by it; their runs go with them.
alter table notion_runs
    drop constraint notion_runs_run_id_fkey,
    add constraint notion_runs_run_id_fkey
        foreign key (run_id) references notion_syncs (id) on delete cascade on update cascade;
