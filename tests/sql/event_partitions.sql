-- Monthly partitions of event: made ahead, filled from the default partition, dropped by month.
\set QUIET on
\pset format unaligned
\pset tuples_only on
set client_min_messages = warning;
begin;
set local search_path = hearth, public;
set local timezone = 'UTC';
select no_plan();

create function pg_temp.partition_of(ahead integer) returns text language sql as $$
    select 'event_' || to_char(date_trunc('month', now()) + make_interval(months => ahead), 'YYYYMM')
$$;
create function pg_temp.put(stack text, at timestamptz) returns void language sql as $$
    insert into hearth.event (tenant_id, stack_id, id, created_at, resource_name, resource_type, action, status)
    values ('alpha', stack::uuid, gen_random_uuid(), at, 'r', 't', 'CREATE', 'COMPLETE')
$$;

select has_table('hearth', pg_temp.partition_of(ahead), 'made by the migration: ' || pg_temp.partition_of(ahead))
from generate_series(0, 3) as ahead;
select is(event_partitions_ensure(3), 0, 'what is there is not made again');

select pg_temp.put('11111111-1111-4111-8111-111111111111', now()) \g /dev/null
select pg_temp.put('22222222-2222-4222-8222-222222222222', date_trunc('month', now()) + interval '5 months 3 days') \g /dev/null
select pg_temp.put('33333333-3333-4333-8333-333333333333', now() - interval '3 years') \g /dev/null
select is((select tableoid::regclass::text from event where stack_id = '11111111-1111-4111-8111-111111111111'),
          pg_temp.partition_of(0), 'an event of today is in the partition of this month');
select is((select count(*) from event_default), 2::bigint, 'events of months without a partition are in the default one');

set local role hearth_engine;
select is(event_partitions_ensure(6), 3, 'the engine makes the missing ones');
select throws_ok('select event_partitions_drop(now())', '42501', null, 'and drops none');
select throws_ok('select event_partitions_ensure(1000)', 'P0001', null, 'nor makes any number');
reset role;
select is((select tableoid::regclass::text from event where stack_id = '22222222-2222-4222-8222-222222222222'),
          pg_temp.partition_of(5), 'rows of the default partition moved over');
select ok(relrowsecurity and relforcerowsecurity, 'a new partition has forced row security')
from pg_class where oid = ('hearth.' || pg_temp.partition_of(6))::regclass;
select is((select count(*) from pg_index where indrelid = ('hearth.' || pg_temp.partition_of(6))::regclass),
          (select count(*) from pg_index where indrelid = 'hearth.event'::regclass), 'and every index of event');

set local role hearth_purge;
select is(event_partitions_drop(date_trunc('month', now())), 0, 'this month is not over');
select is((select count(*) from event), 2::bigint, 'but the old event of the default partition is gone');
select is(event_partitions_drop(date_trunc('month', now()) + interval '1 month'), 1, 'a month that is over is dropped');
select is((select count(*) from event where stack_id = '11111111-1111-4111-8111-111111111111'), 0::bigint, 'with its events');
reset role;

select finish();
rollback;
