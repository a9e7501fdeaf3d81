-- The schema and the list of migrations. Run by hearth_owner, which needs CREATE on the database (sql/roles.sql).
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';

create schema hearth;
create table hearth.schema_migration (
    version    integer primary key,
    name       text not null,
    applied_at timestamptz not null default now()
);

insert into hearth.schema_migration (version, name) values (0, 'bootstrap');
commit;
