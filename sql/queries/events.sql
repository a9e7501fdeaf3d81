-- Events as the API reads them. As with resources, but for event_list, no row means no stack, a row without an event's
-- id a stack without (such) events.

-- fragment: event_columns
-- The first of enum event_column in handlers/views.h; times as in stacks.sql.
e.id, date_part('epoch', e.created_at), e.resource_name, e.physical_id, e.action || '_' || e.status, e.reason,
e.operation_id

-- fragment: event_filters
-- $4 resource names  $5 types  $6 actions  $7 statuses  $10 operation (null: any)
  and ($4::text[] is null or e.resource_name = any ($4::text[]))
  and ($5::text[] is null or e.resource_type = any ($5::text[]))
  and ($6::text[] is null or e.action = any ($6::text[]))
  and ($7::text[] is null or e.status = any ($7::text[]))
  and ($10::uuid is null or e.operation_id = $10::uuid)

-- name: event_marker
-- Where a page of event_list begins: $3 the marker's id.
select e.seq
from event e
where e.tenant_id = $1 and e.stack_id = $2::uuid and e.id = $3::uuid
limit 1

-- name: event_list
-- One stack's, newest first, along the primary key; no row also when there is no such stack. $8 the marker's seq
-- (9223372036854775807: from the beginning)  $9 limit.
-- Most of its time is for getting ready, which goes by partition: those of months to come are left out at the start,
-- those before the stack's own once it is found. The day on both sides is for clocks that were set.
select
-- include: event_columns
from event e
where e.tenant_id = $1 and e.stack_id = $2::uuid
  and e.created_at < now() + interval '1 day'
  and e.created_at > (select s.created_at - interval '1 day' from stack s
                      where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3)
  and e.seq < $8::bigint
-- include: event_filters
order by e.seq desc
limit (select $9::bigint)

-- name: event_stack
-- What event_list leaves open when it finds none: whether the stack is there.
select s.id
from stack s
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3

-- name: event_search
-- The same in any order, $8 the marker's id; an unknown one (00000000-0000-0000-0000-000000000000: none) starts at the
-- beginning ($11 by resource type first, $12 descending) and of a whole tree ($13 levels of nested
-- stacks).
with recursive tree as (
    select s.id, s.name, s.tenant_id, 0 as level
    from stack s
    where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3
  union all
    select c.id, c.name, c.tenant_id, t.level + 1
    from tree t join stack c on c.parent_id = t.id and c.tenant_id = t.tenant_id and c.deleted_at is null
    where t.level < $13::integer
), marker as (
    select case when $11::boolean then m.resource_type else '' end as kind, m.seq
    from tree s join event m on m.tenant_id = s.tenant_id and m.stack_id = s.id
    where m.id = $8::uuid
    limit 1
), page as (
    select s.name as stack_name, e.*
    from tree s
    join event e on e.tenant_id = s.tenant_id and e.stack_id = s.id
    left join marker m on true
    where (m.seq is null
           or $12::boolean and (case when $11::boolean then e.resource_type else '' end, e.seq) < (m.kind, m.seq)
           or not $12::boolean and (case when $11::boolean then e.resource_type else '' end, e.seq) > (m.kind, m.seq))
-- include: event_filters
    order by case when $11::boolean and not $12::boolean then e.resource_type end,
             case when $11::boolean and $12::boolean then e.resource_type end desc,
             case when $12::boolean then -e.seq else e.seq end
    limit $9::bigint
)
select
-- include: event_columns
, coalesce(e.stack_id, s.id), coalesce(e.stack_name, s.name)
from tree s left join page e on true
where s.level = 0
order by case when $11::boolean and not $12::boolean then e.resource_type end,
         case when $11::boolean and $12::boolean then e.resource_type end desc,
         case when $12::boolean then -e.seq else e.seq end

-- name: event_show
-- One event of one resource: $4 resource name, $5 the event's id (null: what was asked for is no UUID).
select
-- include: event_columns
, s.id, s.name, e.resource_type, e.properties
from stack s
left join event e on e.tenant_id = s.tenant_id and e.stack_id = s.id and e.id = $5::uuid and e.resource_name = $4
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3
limit 1
