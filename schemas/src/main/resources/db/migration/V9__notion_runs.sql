-- A page may be waited for by several runs at once, so that none waits for another.

alter table notion_tasks add column run_ids bigint[] not null default '{}';
update notion_tasks set run_ids = array[run_id] where run_id is not null;
alter table notion_tasks drop column run_id;
create index idx_notion_tasks_runs on notion_tasks using gin (run_ids);
create index idx_notion_tasks_waiting on notion_tasks (connection_id, due_at);

-- Given pages may be asked for at any time.
drop index idx_notion_runs_unfinished;
create unique index idx_notion_runs_unfinished on notion_runs (connection_id, kind)
    where state <> 'done' and kind <> 'pages';
create index idx_notion_runs_finished on notion_runs (finished_at);
