-- How many points Qdrant told of when the round began: for those who watch.
alter table cutover_qdrant add column points_there bigint not null default 0;
