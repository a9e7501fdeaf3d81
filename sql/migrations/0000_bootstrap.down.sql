-- Fails while anything else is left in the schema.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
drop table hearth.schema_migration;
drop schema hearth;
commit;
