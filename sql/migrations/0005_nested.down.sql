-- Parents that wait for a nested stack go on from its state when their engine loads them again.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

drop index operation_queue;
drop index stack_news;
alter table stack drop column news;

delete from schema_migration where version = 5;
commit;
