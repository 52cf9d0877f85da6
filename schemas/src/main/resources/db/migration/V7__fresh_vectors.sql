alter table index_generations add column fresh_vectors boolean not null default false;
