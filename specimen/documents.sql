-- The documents, the same wherever this runs, and the role that reads them: no superuser, so it has no reserved slots.
-- PostgreSQL's single-user mode reads it too: commands end with ; and an empty line.

create table document (id integer primary key, embedding real[] not null);

insert into document
select i, array(select sin(i * k * 0.7 + k)::real from generate_series(1, 32) k order by k)
from generate_series(1, 5000) i;

do $$ begin
  if not exists (select from pg_roles where rolname = 'app') then create role app login; end if;
end $$;

grant select on document to app;

