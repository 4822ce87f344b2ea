-- The documents, the same wherever this runs. PostgreSQL's single-user mode reads it too: commands end with ; and an empty line.

create table document (id integer primary key, embedding real[] not null);

insert into document
select i, array(select sin(i * k * 0.7 + k)::real from generate_series(1, 32) k order by k)
from generate_series(1, 5000) i;

