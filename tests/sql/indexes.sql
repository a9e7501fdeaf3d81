-- Every foreign key has an index, every table behind the wall has one that begins with tenant_id.
\set QUIET on
\pset format unaligned
\pset tuples_only on
set client_min_messages = warning;
begin;
select no_plan();

-- An index serves a key when its first columns are the key's, in any order. A partial one must leave out nothing but
-- rows whose key is null.
select ok(exists (
           select from pg_index
           where indrelid = conrelid and indisvalid
             and (select array_agg(column_number order by column_number)
                  from unnest((indkey::int2[])[0:cardinality(conkey) - 1]) as column_number)
                 = (select array_agg(column_number order by column_number) from unnest(conkey) as column_number)
             and (indpred is null or pg_get_expr(indpred, indrelid) =
                  (select format('(%s IS NOT NULL)', attname) from pg_attribute
                   where attrelid = conrelid and attnum = conkey[1]))),
          format('%s.%s has an index', conrelid::regclass, conname))
from pg_constraint
where connamespace = 'hearth'::regnamespace and contype = 'f' and conparentid = 0
order by conrelid::regclass::text, conname;

select ok(exists (select from pg_index where indrelid = pg_class.oid and indkey[0] = attnum),
          relname || ' has an index that begins with tenant_id')
from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id'
where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p') and not relispartition
order by relname;

select is(count(*), 0::bigint, 'no index is invalid') from pg_index where not indisvalid;

select finish();
rollback;
