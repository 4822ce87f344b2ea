-- What the application keeps besides the documents. PostgreSQL's single-user mode reads it: commands end with ; and an
-- empty line.

create table audit (event text primary key, image integer not null, by text not null, at timestamptz not null default now());

create table model (version serial primary key, at timestamptz not null default now());

grant select, insert on audit, model to app;

grant usage on sequence model_version_seq to app;

