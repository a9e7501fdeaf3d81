-- Resources as the API reads them. Each statement also tells whether the stack is there: no row means no stack, a
-- row without a resource's name means a stack without (such) resources.

-- fragment: resource_columns
-- Those of enum resource_column in handlers/views.h, but for the last ones; times as in stacks.sql. The name of the
-- nested stack is looked up where there is one, and by its key: joined, the planner may walk all of a tenant's stacks.
s.id, s.name, s.parent_resource, r.name, date_part('epoch', r.updated_at), date_part('epoch', r.created_at),
r.physical_id, r.action || '_' || r.status, r.status_reason, r.type, r.required_by, r.nested_id,
case when r.nested_id is not null
     then (select n.name from stack n where n.id = r.nested_id and n.tenant_id = r.tenant_id) end,
r.description

-- fragment: resource_filtered
-- $4 names  $5 parts of types  $6 statuses  $7 actions  $8 ids  $9 physical ids (null: any)
left join resource r on r.tenant_id = s.tenant_id and r.stack_id = s.id and r.superseded_by is null
    and ($4::text[] is null or r.name = any ($4::text[]))
    and ($5::text[] is null or exists (select from unnest($5::text[]) t where strpos(r.type, t) > 0))
    and ($6::text[] is null or r.status = any ($6::text[]))
    and ($7::text[] is null or r.action = any ($7::text[]))
    and ($8::uuid[] is null or r.id = any ($8::uuid[]))
    and ($9::text[] is null or r.physical_id = any ($9::text[]))

-- name: resource_list
-- Resources of one stack. $10 attributes as well.
select
-- include: resource_columns
, case when $10::boolean then r.attributes end, case when $10::boolean and r.nested_id is not null then r.data end
from stack s
-- include: resource_filtered
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3
order by r.name

-- name: resource_list_nested
-- The same with the stacks below, $11 levels of them: a stack's own resources first, then those of each nested one.
with recursive tree as (
    select s.id, s.name, s.tenant_id, s.parent_resource, 0 as level, array[]::text[] as path
    from stack s
    where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3
  union all
    select c.id, c.name, c.tenant_id, c.parent_resource, t.level + 1, t.path || coalesce(c.parent_resource, '')
    from tree t join stack c on c.parent_id = t.id and c.tenant_id = t.tenant_id and c.deleted_at is null
    where t.level < $11::integer
)
select
-- include: resource_columns
, case when $10::boolean then r.attributes end, case when $10::boolean and r.nested_id is not null then r.data end
from tree s
-- include: resource_filtered
order by s.path, r.name

-- name: resource_show
-- One resource by name; metadata last.
select
-- include: resource_columns
, r.attributes, case when r.nested_id is not null then r.data end, r.metadata
from stack s
left join resource r on r.tenant_id = s.tenant_id and r.stack_id = s.id and r.superseded_by is null
    and r.name = $4
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3 and s.deleted_at is null
