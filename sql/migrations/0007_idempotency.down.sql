-- Forgets the replies that were kept: a request sent again is carried out again.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

drop table idempotency_key;

delete from schema_migration where version = 7;
commit;
