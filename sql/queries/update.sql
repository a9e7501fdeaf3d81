-- Updates of stacks: what the API writes to begin, cancel or preview one, and what the engine writes on the way. The
-- order of locks is that of engine.sql: operation, then stack, then resource.

-- ---- calls of the API ---------------------------------------------------------------------------------------------
-- roles from here on: hearth_api hearth_engine

-- name: update_stack
-- A stack with its documents, as an update finds it.
select s.id, s.name, s.action, s.status, s.timeout_mins, s.disable_rollback, s.tags, s.sealed_environment,
       s.template_digest, s.environment_digest, s.files_digest, t.body as template, e.body as environment,
       f.body as files
from stack s
join document t on t.tenant_id = s.tenant_id and t.digest = s.template_digest
join document e on e.tenant_id = s.tenant_id and e.digest = s.environment_digest
join document f on f.tenant_id = s.tenant_id and f.digest = s.files_digest
where s.tenant_id = $1 and ($2::uuid is null or s.id = $2::uuid) and ($3::text is null or s.name = $3)
  and s.deleted_at is null

-- name: update_begin
-- The stack turns to a new definition; the one it had is kept to go back to. No row: it is not as it was read ($12…$14
-- its digests), or may not be updated any more. $15: UPDATE or RESTORE, which a suspended stack may be too
update stack
set action = $15, status = 'IN_PROGRESS', status_reason = 'Stack ' || $15 || ' started', updated_at = now(),
    timeout_mins = $3::integer, disable_rollback = $4::boolean, tags = $5, description = $6, template_digest = $7,
    environment_digest = $8, sealed_environment = $9, files_digest = $10, parameters = $11,
    previous_template_digest = template_digest, previous_environment_digest = environment_digest,
    previous_sealed_environment = sealed_environment, previous_files_digest = files_digest,
    previous_parameters = parameters, previous_description = description, traversal = traversal + 1,
    revision = revision + 1
where tenant_id = $1 and id = $2::uuid and deleted_at is null and action <> 'DELETE'
  and (action <> 'SUSPEND' or $15 = 'RESTORE' and status <> 'IN_PROGRESS')
  and template_digest = $12 and environment_digest = $13 and files_digest = $14
returning id

-- name: update_tags_clear
delete from stack_tag where tenant_id = $1 and stack_id = $2::uuid

-- name: update_cancel
-- A running update (or creation, $3) ends where it stands. No row: there is none.
update stack
set status = 'FAILED', status_reason = 'Stack ' || action || ' cancelled', revision = revision + 1
where tenant_id = $1 and id = $2::uuid and deleted_at is null and status = 'IN_PROGRESS'
  and (action = 'UPDATE' or action = 'CREATE' and $3::boolean)
returning action

-- name: update_cancel_rollback
-- A running update turns into the rollback of itself (update_turn_back has to follow). No row: there is none.
update stack
set action = 'ROLLBACK', status_reason = 'Stack ROLLBACK started', updated_at = now()
where tenant_id = $1 and id = $2::uuid and deleted_at is null and status = 'IN_PROGRESS' and action = 'UPDATE'
  and previous_template_digest is not null
returning action

-- name: update_turn_back
-- The definition is the previous one again.
update stack
set template_digest = previous_template_digest, environment_digest = previous_environment_digest,
    sealed_environment = previous_sealed_environment, files_digest = previous_files_digest,
    parameters = previous_parameters, description = previous_description, previous_template_digest = null,
    previous_environment_digest = null, previous_sealed_environment = null, previous_files_digest = null,
    previous_parameters = null, previous_description = null, traversal = traversal + 1, revision = revision + 1
where tenant_id = $1 and id = $2::uuid and previous_template_digest is not null

-- name: update_resources
-- The resources of a stack as a preview of an update compares them.
select r.name, r.type, r.action, r.status, r.status_reason, r.physical_id, r.properties, r.attributes, r.metadata,
       r.data, r.definition, r.description, r.required_by, r.nested_id, r.physical_name,
       to_char(r.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as updated_time,
       to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as creation_time
from resource r
where r.tenant_id = $1 and r.stack_id = $2::uuid and r.superseded_by is null
order by r.created_at, r.name

-- name: update_mark_target
-- A resource by name, or else by physical id ($4).
select s.id as stack_id, s.name as stack_name, s.action as stack_action, r.id, r.name, r.type, r.action, r.status,
       r.physical_id, r.properties
from stack s
left join resource r on r.tenant_id = s.tenant_id and r.stack_id = s.id and r.superseded_by is null
                    and (r.name = $4 or r.physical_id = $4)
where s.tenant_id = $1 and ($2::uuid is null or s.id = $2::uuid) and ($3::text is null or s.name = $3)
  and s.deleted_at is null
order by r.name = $4 desc
limit 1

-- name: update_mark
-- No row: something is being done with it, or it is in another state than it was.
update resource
set action = 'CHECK', status = $3, status_reason = $4, updated_at = now()
where tenant_id = $1 and id = $2::uuid and status <> 'IN_PROGRESS' and superseded_by is null
returning id

-- ---- the engine ---------------------------------------------------------------------------------------------------
-- roles from here on: hearth_engine

-- name: update_resources_add
-- New resources. One that replaces another does not stand in its place yet: see update_resources_supersede.
-- $1: [{"id", "tenant_id", "stack_id", "name", "type", "physical_name", "description", "metadata", "requires",
--       "required_by", "deletion_policy", "superseded_by", "made_in"}]
insert into resource (id, tenant_id, stack_id, name, type, physical_name, action, status, description, metadata,
                      requires, required_by, deletion_policy, superseded_by, made_in)
select n.id, n.tenant_id, n.stack_id, n.name, n.type, n.physical_name, 'INIT', 'COMPLETE', n.description, n.metadata,
       n.requires, n.required_by, n.deletion_policy, n.superseded_by, n.made_in
from json_to_recordset($1::json) as n (id uuid, tenant_id text, stack_id uuid, name text, type text,
                                       physical_name text, description text, metadata text, requires text[],
                                       required_by text, deletion_policy text, superseded_by uuid, made_in bigint)

-- name: update_resources_describe
-- What the template says of resources that stay. $1: rows; null leaves what is there
update resource r
set requires = coalesce(n.requires, r.requires), required_by = coalesce(n.required_by, r.required_by),
    deletion_policy = coalesce(n.deletion_policy, r.deletion_policy),
    description = coalesce(n.description, r.description)
from json_to_recordset($1::json) as n (id uuid, requires text[], required_by text, deletion_policy text,
                                       description text)
where r.id = n.id

-- name: update_resources_supersede
-- Those that another now stands in for; first, so that no name is there twice. $1: [{"id", "superseded_by"}]
update resource r
set superseded_by = n.superseded_by
from json_to_recordset($1::json) as n (id uuid, superseded_by uuid)
where r.id = n.id

-- name: update_resources_stand
-- Those that stand for their name now. $1: ids
update resource
set superseded_by = null
where id in (select i.id::uuid from json_array_elements_text($1::json) i (id))

-- name: update_resources_orphan
-- What was superseded by one that goes points to itself: superseded by nothing that is still there. $1: ids
update resource
set superseded_by = id
where superseded_by in (select i.id::uuid from json_array_elements_text($1::json) i (id))

-- name: update_resources_remove
-- $1: ids
delete from resource
where id in (select i.id::uuid from json_array_elements_text($1::json) i (id))
