create table document (id integer primary key, words text not null);

insert into document select i, 'words of ' || i from generate_series(1, 100) i;

create role reader login;

grant select on document to reader;

