-- The wall between tenants, for every table that has a tenant_id and is not one of the standalone identity's.
-- hearth_api is given every grant first (and the test rolled back), so that what holds is the wall and not the grants.
\set QUIET on
\pset format unaligned
\pset tuples_only on
set client_min_messages = warning;
begin;
set local search_path = hearth, public;
select no_plan();

create function pg_temp.walled() returns setof text language sql as $$
    select relname::text from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id'
    where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname not in ('identity_grant', 'application_credential', 'token')
    order by 1
$$;

-- A value that column takes; those with a check have theirs here.
create function pg_temp.sample(name text, type text) returns text language sql as $$
    select case name when 'action' then 'CREATE' when 'status' then 'COMPLETE' when 'kind' then 'trust'
           else case type when 'uuid' then gen_random_uuid()::text when 'boolean' then 'false'
                          when 'text[]' then '{}' when 'timestamp with time zone' then now()::text
                          when 'text' then gen_random_uuid()::text else '1' end end
$$;

-- insert of a row of that tenant's, with every column that must have a value.
create function pg_temp.insertion(wall text, tenant text) returns text language sql as $$
    select format('insert into %I (%s) values (%s)', wall, string_agg(quote_ident(attname), ', ' order by attnum),
                  string_agg(quote_literal(case attname when 'tenant_id' then tenant
                                           else pg_temp.sample(attname, format_type(atttypid, atttypmod)) end),
                             ', ' order by attnum))
    from pg_attribute
    where attrelid = ('hearth.' || quote_ident(wall))::regclass and attnum > 0 and not attisdropped
      and (attname = 'tenant_id' or (attnotnull and not atthasdef))
$$;

create function pg_temp.affected(statement text) returns bigint language plpgsql as $$
declare n bigint;
begin
    execute statement;
    get diagnostics n = row_count;
    return n;
end $$;

create function pg_temp.counted(wall text, condition text) returns bigint language plpgsql as $$
declare n bigint;
begin
    execute format('select count(*) from %I where %s', wall, condition) into n;
    return n;
end $$;

select cmp_ok((select count(*) from pg_temp.walled()), '>=', 10::bigint, 'there are tables behind the wall');
select ok(relrowsecurity and relforcerowsecurity, relname || ' has forced row security')
from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id'
where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p')
  and relname not in ('identity_grant', 'application_credential', 'token')
order by relname;

grant all on all tables in schema hearth to hearth_api;
grant all on all sequences in schema hearth to hearth_api;
set local session_replication_role = replica; -- no foreign keys: one row is enough
select pg_temp.affected(pg_temp.insertion(wall, tenant))
from pg_temp.walled() as wall, unnest(array['alpha', 'beta']) as tenant \g /dev/null
set local session_replication_role = origin;

set local role hearth_api;

select is(current_setting('hearth.tenant', true), null, 'hearth.tenant was never set');
select is(pg_temp.counted(wall, 'true'), 0::bigint, wall || ': unset, nothing is seen') from pg_temp.walled() as wall;
select throws_like(pg_temp.insertion(wall, 'alpha'), '%row-level security policy%',
                   wall || ': unset, nothing is inserted') from pg_temp.walled() as wall;

select set_config('hearth.tenant', 'alpha', true) \g /dev/null
select is(pg_temp.counted(wall, 'true'), 1::bigint, wall || ': alpha sees its row and no other') from pg_temp.walled() as wall;
select is(pg_temp.counted(wall, 'tenant_id = ''beta'''), 0::bigint, wall || ': alpha asks for beta''s in vain') from pg_temp.walled() as wall;
select is(pg_temp.affected(format('update %I set tenant_id = tenant_id where tenant_id = ''beta''', wall)), 0::bigint,
          wall || ': alpha does not change beta''s') from pg_temp.walled() as wall;
select is(pg_temp.affected(format('delete from %I where tenant_id = ''beta''', wall)), 0::bigint,
          wall || ': alpha does not delete beta''s') from pg_temp.walled() as wall;
select throws_like(pg_temp.insertion(wall, 'beta'), '%row-level security policy%',
                   wall || ': alpha does not insert as beta') from pg_temp.walled() as wall;
select throws_like(format('update %I set tenant_id = ''beta''', wall), '%row-level security policy%',
                   wall || ': alpha does not give its row to beta') from pg_temp.walled() as wall;

select is(pg_temp.counted(partition, 'true'), 0::bigint, partition || ': not to be read past event')
from (select relname::text as partition from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'hearth.event'::regclass) as partitions;

select set_config('hearth.tenant', '', true) \g /dev/null
select is(pg_temp.counted(wall, 'true'), 0::bigint, wall || ': nobody sees nothing') from pg_temp.walled() as wall;
select throws_like(pg_temp.insertion(wall, 'alpha'), '%row-level security policy%',
                   wall || ': nobody inserts nothing') from pg_temp.walled() as wall;

select set_config('hearth.tenant', '*', true) \g /dev/null
select is(pg_temp.counted(wall, 'true'), 2::bigint, wall || ': * sees all') from pg_temp.walled() as wall;
select is(pg_temp.affected(format('update %I set tenant_id = tenant_id', wall)), 0::bigint,
          wall || ': * changes nothing') from pg_temp.walled() as wall;
select is(pg_temp.affected(format('delete from %I', wall)), 0::bigint, wall || ': * deletes nothing') from pg_temp.walled() as wall;
select throws_like(pg_temp.insertion(wall, 'alpha'), '%row-level security policy%',
                   wall || ': * inserts nothing') from pg_temp.walled() as wall;

reset role;
set local role hearth_engine;
select is(pg_temp.counted(wall, 'true'), 2::bigint, wall || ': the engine sees all') from pg_temp.walled() as wall;
reset role;
set local role hearth_owner;
select is(pg_temp.counted(wall, 'true'), 0::bigint, wall || ': the owner sees no tenant''s rows') from pg_temp.walled() as wall;
reset role;

select finish();
rollback;
