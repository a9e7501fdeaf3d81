-- Stacks as the API reads them. Documents that are stored as JSON leave as they are; times leave as seconds since 1970
-- and are written in handlers/views.c, because to_char costs as much as the rest of a row.

-- fragment: stack_summary
-- What every statement that shows stacks begins with (enum stack_column in handlers/views.h); one that shows more
-- appends to it.
s.id, s.name, s.tenant_id, s.action || '_' || s.status, s.status_reason, date_part('epoch', s.created_at),
date_part('epoch', s.updated_at), date_part('epoch', s.deleted_at), s.owner, s.parent_id, s.stack_user_project_id,
s.tags

-- fragment: stack_filters
-- What stack_search and stack_count let through. A parameter that is null filters nothing.
--   $1 tenant ('*': all)  $2 names  $3 ids  $4 statuses  $5 actions  $6 reasons  $7 owners  $8 parents
--   $9 user projects  $10 tenants  $11 disable_rollback  $12 timeouts
--   $13 all of these tags  $14 any of these  $15 not all of these  $16 none of these  $17 tags that hide a stack
--   $18 deleted ones too  $19 nested ones too
where ($1 = '*' or s.tenant_id = $1)
  and ($2::text[] is null or s.name = any ($2::text[]))
  and ($3::uuid[] is null or s.id = any ($3::uuid[]))
  and ($4::text[] is null or s.status = any ($4::text[]))
  and ($5::text[] is null or s.action = any ($5::text[]))
  and ($6::text[] is null or s.status_reason = any ($6::text[]))
  and ($7::text[] is null or s.owner = any ($7::text[]))
  and ($8::uuid[] is null or s.parent_id = any ($8::uuid[]))
  and ($9::text[] is null or s.stack_user_project_id = any ($9::text[]))
  and ($10::text[] is null or s.tenant_id = any ($10::text[]))
  and ($11::text[] is null or s.disable_rollback::text = any ($11::text[]))
  and ($12::text[] is null or s.timeout_mins::text = any ($12::text[]))
  and ($13::text[] is null
       or s.id = any (array(select t.stack_id from stack_tag t
                            where ($1 = '*' or t.tenant_id = $1) and t.tag = any ($13::text[])
                            group by t.stack_id
                            having count(*) = (select count(distinct u) from unnest($13::text[]) u))))
  and ($14::text[] is null
       or s.id = any (array(select t.stack_id from stack_tag t
                            where ($1 = '*' or t.tenant_id = $1) and t.tag = any ($14::text[]))))
  and ($15::text[] is null
       or (select count(*) from stack_tag t where t.stack_id = s.id and t.tag = any ($15::text[]))
          < (select count(distinct u) from unnest($15::text[]) u))
  and ($16::text[] is null
       or (select count(*) from stack_tag t where t.stack_id = s.id and t.tag = any ($16::text[])) = 0)
  and ($17::text[] is null or s.tags is null
       or (select count(*) from stack_tag t where t.stack_id = s.id and t.tag = any ($17::text[])) = 0)
  and ($18::boolean or s.deleted_at is null)
  and ($19::boolean or s.parent_id is null)

-- name: stack_list
-- The plain list, newest first, one page or all of it: $2 tags that hide a stack, $3 and $4 creation time and id of the
-- marker ('infinity' and any id: from the beginning), $5 the limit. A walk along index stack_list that starts at the
-- marker, whatever number of stacks there is.
-- Why it is written so: under row security only plain columns, parameters and subqueries may lead an index scan.
-- Tags are counted stack by stack, because "not exists" would be answered by a hash of everybody's. The limit hides in
-- a subquery, so that a plan for the value at hand promises no gain and PostgreSQL keeps one plan for all.
select
-- include: stack_summary
from stack s
where s.tenant_id = $1 and s.parent_id is null and s.deleted_at is null
  and (s.tags is null
       or (select count(*) from stack_tag t where t.stack_id = s.id and t.tag = any ($2::text[])) = 0)
  and (s.created_at, s.id) < ($3::timestamptz, $4::uuid)
order by s.created_at desc, s.id desc
limit (select $5::bigint)

-- name: stack_plan
-- Ahead of stack_search and stack_count in their transaction: they are planned for the parameters at hand, so that
-- filters nobody gave vanish and those that were given find their index.
select set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: stack_marker
-- Where a page begins: the values of the marker's row, in the terms of stack_search. $3 further sort keys, $4 the
-- time that stands for never.
select s.id, s.name, s.status, s.created_at, coalesce(s.updated_at, $4::timestamptz),
       array(select case k.key when 'name' then s.name when 'status' then s.status
                               when 'created_at' then (extract(epoch from s.created_at) + 1e10)::text
                               else (extract(epoch from coalesce(s.updated_at, '2200-01-01')) + 1e10)::text end
             from unnest($3::text[]) with ordinality as k (key, place) order by k.place)
from stack s
where s.id = $2::uuid and ($1 = '*' or s.tenant_id = $1)

-- name: stack_search
-- Every filter, every order.
--   $20 first sort key (name, status, created_at, updated_at)  $21 the further ones  $22 descending
--   $23 the time that stands for never  $24…$29 the marker's row (see stack_marker)  $30 limit
select
-- include: stack_summary
from stack s
cross join lateral (
    select array(select case k.key when 'name' then s.name when 'status' then s.status
                                   when 'created_at' then (extract(epoch from s.created_at) + 1e10)::text
                                   else (extract(epoch from coalesce(s.updated_at, '2200-01-01')) + 1e10)::text end
                 from unnest($21::text[]) with ordinality as k (key, place) order by k.place) as further
) o
-- include: stack_filters
  and case when $24::uuid is null or $20 <> 'created_at' then true -- what row security lets lead an index scan
           when $22::boolean then s.created_at <= $27::timestamptz
           else s.created_at >= $27::timestamptz end
  and case when $24::uuid is null then true
           when $20 = 'name' and $22::boolean then (s.name, o.further, s.id) < ($25, $29::text[], $24::uuid)
           when $20 = 'name' then (s.name, o.further, s.id) > ($25, $29::text[], $24::uuid)
           when $20 = 'status' and $22::boolean then (s.status, o.further, s.id) < ($26, $29::text[], $24::uuid)
           when $20 = 'status' then (s.status, o.further, s.id) > ($26, $29::text[], $24::uuid)
           when $20 = 'created_at' and $22::boolean
               then (s.created_at, o.further, s.id) < ($27::timestamptz, $29::text[], $24::uuid)
           when $20 = 'created_at' then (s.created_at, o.further, s.id) > ($27::timestamptz, $29::text[], $24::uuid)
           when $22::boolean then (coalesce(s.updated_at, $23::timestamptz), o.further, s.id)
                                  < ($28::timestamptz, $29::text[], $24::uuid)
           else (coalesce(s.updated_at, $23::timestamptz), o.further, s.id)
                > ($28::timestamptz, $29::text[], $24::uuid) end
order by case when $20 = 'name' and not $22::boolean then s.name end,
         case when $20 = 'name' and $22::boolean then s.name end desc,
         case when $20 = 'status' and not $22::boolean then s.status end,
         case when $20 = 'status' and $22::boolean then s.status end desc,
         case when $20 = 'created_at' and not $22::boolean then s.created_at end,
         case when $20 = 'created_at' and $22::boolean then s.created_at end desc,
         case when $20 = 'updated_at' and not $22::boolean then coalesce(s.updated_at, $23::timestamptz) end,
         case when $20 = 'updated_at' and $22::boolean then coalesce(s.updated_at, $23::timestamptz) end desc,
         case when $21 <> '{}' and not $22::boolean then o.further end,
         case when $21 <> '{}' and $22::boolean then o.further end desc,
         case when not $22::boolean then s.id end,
         case when $22::boolean then s.id end desc
limit $30::bigint

-- name: stack_count
-- How many stacks there are that stack_search would show, all pages together.
select count(*)
from stack s
-- include: stack_filters

-- name: stack_show
-- One stack, a deleted one too. Outputs are null when $4 is false and for what was deleted.
select
-- include: stack_summary
, s.parameters, s.description, s.disable_rollback, s.timeout_mins,
case when $4::boolean and not (s.action = 'DELETE' and s.status = 'COMPLETE') then s.outputs end, s.protected, s.revision
from stack s
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3

-- name: stack_lookup
-- By name (a live stack) or by id (a deleted one too); the id wins. $3 is null when $2 is no UUID.
select s.id, s.name
from stack s
where s.tenant_id = $1 and s.id = $3::uuid
union all
select s.id, s.name
from stack s
where s.tenant_id = $1 and s.name = $2 and s.deleted_at is null
limit 1

-- name: stack_template
select d.body
from stack s join document d on d.tenant_id = s.tenant_id and d.digest = s.template_digest
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3

-- name: stack_environment
select d.body
from stack s join document d on d.tenant_id = s.tenant_id and d.digest = s.environment_digest
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3

-- name: stack_files
select d.body
from stack s join document d on d.tenant_id = s.tenant_id and d.digest = s.files_digest
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3

-- name: stack_outputs
select s.outputs
from stack s
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3 and s.deleted_at is null
