-- How many points Qdrant told of when the round began: for those who watch.
alter table cutover_qdrant add column points_there bigint not null default 0;

-- Where the application's file is exported to, if it is not captured itself; then sqlite_file is the one that the way back
-- writes to, once there is one.
alter table cutover add column exports_folder text;
-- The last export that was there when the wish was uttered.
alter table cutover add column known_export text;
