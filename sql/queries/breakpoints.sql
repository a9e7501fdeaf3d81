-- Breakpoints (hooks of the environment): a resource waits at one until it is cleared.
-- roles from here on: hearth_api hearth_engine

-- name: breakpoint_clear
-- No row: it does not wait there any more.
update resource
set hook_cleared = true
where tenant_id = $1 and id = $2::uuid and hook = $3 and not hook_cleared
returning id

-- roles from here on: hearth_engine

-- name: breakpoint_set
-- Where resources wait now; "hook" null: nowhere. $1: [{"id", "hook", "operation"}]
update resource r
set hook = n.hook, hook_operation = n.operation, hook_cleared = false
from json_to_recordset($1::json) as n (id uuid, hook text, operation uuid)
where r.id = n.id

-- name: breakpoint_cleared
-- $1: ids of stacks
select r.stack_id, r.id
from resource r
where r.stack_id in (select i.id::uuid from json_array_elements_text($1::json) i (id)) and r.hook_cleared
