-- A nested stack tells its parent that an operation on it has ended.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

alter table stack
    add column news boolean not null default false; -- it has ended an operation, and its parent has not taken note yet
create index operation_queue on operation (created_at) where state in ('PENDING', 'RUNNING'); -- a tree is many at once
create index stack_news on stack (parent_id) where news;

grant select (news) on stack to hearth_readonly, hearth_purge;

insert into schema_migration (version, name) values (5, 'nested');
commit;
