-- Operations on stacks that are there: their beginning, and the stack as data.
-- roles from here on: hearth_api

-- name: action_lock
-- The stack as it is now, locked (after engine_lock_operation).
select action, status
from stack
where tenant_id = $1 and id = $2::uuid and deleted_at is null
for update

-- name: action_begin
update stack
set action = $3, status = 'IN_PROGRESS', status_reason = $4, revision = revision + 1
where tenant_id = $1 and id = $2::uuid

-- name: retry_operation
-- The one that made, changed or rolled back the stack last: a retry goes the same way.
select action, input
from operation
where tenant_id = $1 and stack_id = $2::uuid and action in ('CREATE', 'ADOPT', 'UPDATE', 'RESTORE', 'ROLLBACK')
order by created_at desc
limit 1

-- name: stack_guard
-- What a call that changes a stack may have to know, with the stack locked.
select s.revision, s.protected or coalesce(r.protected, false) as protected
from stack s
left join stack r on r.tenant_id = s.tenant_id and r.id = s.root_id
where s.tenant_id = $1 and s.id = $2::uuid and s.deleted_at is null
for update of s

-- name: stack_protect
-- No row: it is nested, or on its way out.
update stack
set revision = revision + (protected <> $3::boolean)::integer, protected = $3::boolean
where tenant_id = $1 and id = $2::uuid and deleted_at is null and parent_id is null and action <> 'DELETE'
returning id

-- ---- a stack as data: exported, abandoned, or kept as a snapshot ---------------------------------------------------
-- roles from here on: hearth_api hearth_engine

-- name: stack_data
select s.id, s.name, s.action, s.status, s.tenant_id, s.stack_user_project_id, s.tags, s.sealed_environment,
       t.body as template, e.body as environment, f.body as files
from stack s
join document t on t.tenant_id = s.tenant_id and t.digest = s.template_digest
join document e on e.tenant_id = s.tenant_id and e.digest = s.environment_digest
join document f on f.tenant_id = s.tenant_id and f.digest = s.files_digest
where s.tenant_id = $1 and s.id = $2::uuid

-- name: stack_data_resources
select r.name, r.type, r.physical_id, r.action, r.status, r.metadata, r.data, r.attributes, r.properties, r.nested_id
from resource r
where r.tenant_id = $1 and r.stack_id = $2::uuid and r.superseded_by is null
order by r.created_at, r.name
