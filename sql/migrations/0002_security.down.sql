-- Takes row security and every grant back. The monthly partitions' rows move to the default partition.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

drop function event_partitions_drop(timestamptz);
drop function event_partitions_ensure(integer);
drop function event_partition_guard(regclass);

do $$
declare
    rule record;
    wall regclass;
begin
    for rule in select policyname, tablename from pg_policies where schemaname = 'hearth' loop
        execute format('drop policy %I on %I', rule.policyname, rule.tablename);
    end loop;
    for wall in select oid from pg_class where relnamespace = 'hearth'::regnamespace and relrowsecurity loop
        execute format('alter table %s no force row level security', wall);
        execute format('alter table %s disable row level security', wall);
    end loop;
end $$;

do $$
declare
    partition regclass;
begin
    for partition in
        select inhrelid from pg_inherits
        where inhparent = 'event'::regclass and inhrelid <> 'event_default'::regclass
    loop
        execute format('alter table event detach partition %s', partition);
        execute format('insert into event select * from %s', partition);
        execute format('drop table %s', partition);
    end loop;
end $$;

revoke all on all tables in schema hearth from hearth_api, hearth_engine, hearth_readonly, hearth_purge;
revoke all on all sequences in schema hearth from hearth_api, hearth_engine, hearth_readonly, hearth_purge;
revoke all on schema hearth from hearth_api, hearth_engine, hearth_readonly, hearth_purge;

delete from schema_migration where version = 2;
commit;
