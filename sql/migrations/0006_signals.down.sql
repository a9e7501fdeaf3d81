-- Signals not dealt with yet are forgotten; so is which breakpoint was cleared.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

alter table resource
    drop column hook_cleared,
    drop column hook_operation;
drop index operation_signal;
drop table resource_signal;
drop sequence signal_seq;

delete from schema_migration where version = 6;
commit;
