-- What the engine and the writing calls of the API do. Rows that come in numbers come as one JSON text each, so that
-- ten thousand are one statement.
--
-- Order of locks, for all who write: operation, then stack, then resource. Whoever holds an operation row (engine_fence,
-- engine_lock_operation) is alone on its stack.

-- ---- calls of the API ---------------------------------------------------------------------------------------------
-- roles from here on: hearth_api hearth_engine

-- name: engine_create_check
-- Whether the name is taken, and the number of stacks, counted no further than $3 (below 0: not at all).
select exists (select from stack where tenant_id = $1 and name = $2 and deleted_at is null) as taken,
       case when $3::bigint < 0 then 0 else
           (select count(*) from (select from stack where tenant_id = $1 and deleted_at is null and parent_id is null
                                  limit greatest($3::bigint, 0)) s)
       end as stacks

-- name: engine_stack_insert
-- $16: CREATE or ADOPT
insert into stack (id, tenant_id, name, owner, owner_id, root_id, action, status, status_reason, timeout_mins,
                   disable_rollback, description, template_digest, environment_digest, sealed_environment, files_digest,
                   parameters, outputs, tags, updated_at)
values ($1::uuid, $2, $3, $4, $5, $1::uuid, $16, 'IN_PROGRESS', 'Stack ' || $16 || ' started', $6::integer,
        $7::boolean, $8, $9, $10, $11, $12, $13, $14, $15, case when $16 = 'ADOPT' then now() end)

-- name: engine_tags_insert
insert into stack_tag (tenant_id, tag, stack_id)
select $1, t.tag, $2::uuid
from json_array_elements_text($3::json) t (tag)
on conflict do nothing

-- name: engine_resources_insert
-- $3: [{"name", "type", "physical_name", "description", "metadata", "requires", "required_by", "deletion_policy"}]
insert into resource (id, tenant_id, stack_id, name, type, physical_name, action, status, description, metadata,
                      requires, required_by, deletion_policy)
select gen_random_uuid(), $1, $2::uuid, n.name, n.type, n.physical_name, 'INIT', 'COMPLETE', n.description, n.metadata,
       n.requires, n.required_by, n.deletion_policy
from json_to_recordset($3::json) as n (name text, type text, physical_name text, description text, metadata text,
                                       requires text[], required_by text, deletion_policy text)

-- name: engine_operation_insert
-- $7: milliseconds until the stack times out.
insert into operation (id, tenant_id, stack_id, action, request_id, input, deadline_at)
values ($1::uuid, $2, $3::uuid, $4, $5, $6, now() + $7::bigint * interval '1 millisecond')

-- name: engine_events_insert
-- $1: [{"tenant_id", "stack_id", "operation_id", "resource_name", "resource_type", "physical_id", "action", "status",
--       "reason", "properties"}], in the order they happened
insert into event (tenant_id, stack_id, id, operation_id, resource_name, resource_type, physical_id, action, status,
                   reason, properties)
select n.tenant_id, n.stack_id, gen_random_uuid(), n.operation_id, n.resource_name, n.resource_type, n.physical_id,
       n.action, n.status, n.reason, n.properties
from json_to_recordset($1::json) as n (tenant_id text, stack_id uuid, operation_id uuid, resource_name text,
                                       resource_type text, physical_id text, action text, status text, reason text,
                                       properties text)

-- name: engine_notify
-- Sent when the transaction commits; what it says is looked up.
select pg_notify('hearth', $1)

-- name: engine_find_stack
-- By id, by name, or by both.
select s.id, s.name, s.action, s.status, s.timeout_mins
from stack s
where s.tenant_id = $1 and ($2::uuid is null or s.id = $2::uuid) and ($3::text is null or s.name = $3)
  and s.deleted_at is null

-- name: engine_lock_operation
-- The operation under way on a stack, locked. One for signals is no obstacle to anything (signals.sql).
select id, action, input
from operation
where tenant_id = $1 and stack_id = $2::uuid and state in ('PENDING', 'RUNNING') and action <> 'SIGNAL'
order by created_at
for update

-- name: engine_operations_cancel
-- Raising the fence takes it from whoever holds it. The snapshot that it was to make will not be there.
with cancelled as (
    update operation
    set state = 'CANCELLED', reason = $3, finished_at = now(), fence = fence + 1
    where tenant_id = $1 and stack_id = $2::uuid and state in ('PENDING', 'RUNNING') and action <> 'SIGNAL'
    returning stack_id
)
update snapshot n
set status = 'FAILED', status_reason = $3
from cancelled c
where n.tenant_id = $1 and n.stack_id = c.stack_id and n.status = 'IN_PROGRESS'

-- name: engine_stack_begin_delete
-- No row: it is deleted, or being deleted already. The condition looks at this row alone, since a second deletion that
-- waited for its lock sees only this row anew.
update stack
set action = 'DELETE', status = 'IN_PROGRESS', status_reason = 'Stack DELETE started', updated_at = now(),
    revision = revision + 1
where tenant_id = $1 and id = $2::uuid and deleted_at is null
  and not (action = 'DELETE' and status = 'IN_PROGRESS')
returning id

-- name: engine_wake_operation
-- The engine that holds it looks again at what waits for signals. One that is only just being claimed counts too: its row
-- is locked here before the signal is stored, so that whoever claims it either reads the signal or is woken.
update operation
set wake_at = now()
where tenant_id = $1 and stack_id = $2::uuid and state in ('PENDING', 'RUNNING') and action <> 'SIGNAL'

-- name: engine_signal_target
select s.id as stack_id, s.name as stack_name, r.id, r.name, r.type, r.action, r.status, r.physical_id,
       r.physical_name, r.properties, r.metadata, r.data, r.attributes,
       case when not r.hook_cleared then r.hook end as hook
from stack s
left join resource r on r.tenant_id = s.tenant_id and r.stack_id = s.id and r.name = $4 and r.superseded_by is null
where s.tenant_id = $1 and ($2::uuid is null or s.id = $2::uuid) and ($3::text is null or s.name = $3)
  and s.deleted_at is null

-- name: engine_signal_lock
select metadata from resource where tenant_id = $1 and id = $2::uuid for update

-- name: engine_signal_store
update resource set metadata = $3, updated_at = now() where tenant_id = $1 and id = $2::uuid

-- ---- the engine's loop --------------------------------------------------------------------------------------------
-- roles from here on: hearth_engine

-- name: engine_held
-- What this engine still holds, and which of it was woken.
select id, fence, wake_at <= now() as woken
from operation
where engine_id = $1::uuid and state = 'RUNNING'

-- fragment: engine_operations
-- What an engine wants to know of the operations in "held", rows of operation with taken_over.
select o.id, o.tenant_id, o.stack_id, o.action, o.fence, o.request_id, o.input, o.taken_over,
       (extract(epoch from o.deadline_at) * 1000000)::bigint as deadline_us,
       s.name as stack_name, s.action as stack_action, s.status as stack_status, s.status_reason, s.disable_rollback,
       s.timeout_mins, s.sealed_environment, s.traversal, s.previous_template_digest is not null as has_previous,
       t.body as template, e.body as environment, f.body as files, s.files_digest, s.nested_depth, s.root_id,
       s.parent_id is not null as is_nested
from held o
join stack s on s.id = o.stack_id
join document t on t.tenant_id = s.tenant_id and t.digest = s.template_digest
join document e on e.tenant_id = s.tenant_id and e.digest = s.environment_digest
join document f on f.tenant_id = s.tenant_id and f.digest = s.files_digest

-- name: engine_claim
-- Takes up to $3 operations that are pending or whose engine fell silent, those for signals after all others of their
-- stack; $2: lease in milliseconds.
with taken as (
    select o.id, o.state = 'RUNNING' as taken_over
    from operation o
    where (o.state = 'PENDING' and o.wake_at <= now() or o.state = 'RUNNING' and o.lease_until <= now())
      and not exists (select from operation r
                      where r.stack_id = o.stack_id and r.state = 'RUNNING' and r.id <> o.id
                      offset 0) -- looked up one by one: a join would go through all that wait, for each that waits
      and not (o.action = 'SIGNAL' and exists (select from operation r
                                               where r.stack_id = o.stack_id and r.state = 'PENDING' and r.id <> o.id
                                               offset 0))
    order by o.created_at
    limit $3::bigint
    for update skip locked
), held as (
    update operation o
    set state = 'RUNNING', engine_id = $1::uuid, fence = o.fence + 1, started_at = coalesce(o.started_at, now()),
        lease_until = now() + $2::bigint * interval '1 millisecond', wake_at = 'infinity'
    from taken t
    where o.id = t.id
    returning o.*, t.taken_over
)
-- include: engine_operations

-- name: engine_reload
-- The same of operations already held, after a lost connection or when their memory is to be made anew. $2: ids
with held as (
    select o.*, false as taken_over
    from operation o
    where o.engine_id = $1::uuid and o.state = 'RUNNING'
      and o.id in (select i.id::uuid from json_array_elements_text($2::json) i (id))
)
-- include: engine_operations

-- name: engine_resources
-- $1: ids of stacks
select r.stack_id, r.id, r.name, r.type, r.action, r.status, r.status_reason, r.physical_id, r.physical_name,
       r.properties, r.attributes, r.metadata, r.data, r.progress, r.attempt, r.attempt_id, r.deletion_policy,
       to_json(r.requires)::text as requires, (extract(epoch from r.due_at) * 1000000)::bigint as due_us,
       r.definition, r.description, r.required_by, r.superseded_by, r.traversal, r.made_in, r.nested_id, r.hook,
       r.hook_cleared, r.hook_operation, r.sealed_columns
from resource r
where r.stack_id in (select i.id::uuid from json_array_elements_text($1::json) i (id))
order by r.stack_id, r.created_at, r.name

-- name: engine_unwake
update operation
set wake_at = 'infinity'
where engine_id = $1::uuid and id in (select i.id::uuid from json_array_elements_text($2::json) i (id))

-- name: engine_signals
-- What the handles of these stacks have received. $1: ids of stacks
select r.stack_id, r.name, r.metadata
from resource r
where r.stack_id in (select i.id::uuid from json_array_elements_text($1::json) i (id)) and r.metadata <> '{}'
  and r.superseded_by is null

-- name: engine_fence
-- First of every writing transaction: locks the operations that are still ours and prolongs the lease; what does not
-- come back was taken over or cancelled. With them go the operations of nested stacks ($3: their ids) that are to be
-- pre-empted: all in one order, so that two engines never wait for each other in a circle.
-- $1: [{"id", "fence"}]  $2: lease in milliseconds
with locked as materialized (
    select o.id
    from operation o
    where o.id = any (array(select n.id from json_to_recordset($1::json) as n (id uuid)))
       or o.stack_id = any (array(select i.id::uuid from json_array_elements_text($3::json) i (id)))
          and o.state in ('PENDING', 'RUNNING')
    order by o.id
    for update
)
update operation o
set lease_until = now() + $2::bigint * interval '1 millisecond'
from json_to_recordset($1::json) as n (id uuid, fence bigint)
where (select count(*) from locked) > 0 and o.id = n.id and o.fence = n.fence and o.state = 'RUNNING'
returning o.id

-- name: engine_resources_update
-- $1: rows; "metadata" null leaves what is there, "due_us" null is no date
update resource r
set action = n.action, status = n.status, status_reason = n.reason, physical_id = n.physical_id,
    properties = n.properties, attributes = n.attributes, metadata = coalesce(n.metadata, r.metadata), data = n.data,
    progress = n.progress, sealed_columns = n.sealed, attempt = n.attempt, attempt_id = n.attempt_id,
    due_at = to_timestamp(n.due_us / 1000000.0), updated_at = now(), definition = n.definition,
    traversal = n.traversal, made_in = n.made_in, nested_id = n.nested_id
from json_to_recordset($1::json) as n (id uuid, action text, status text, reason text, physical_id text,
                                       properties text, attributes text, metadata text, data text, progress text,
                                       sealed boolean, attempt integer, attempt_id uuid, due_us bigint,
                                       definition text, traversal bigint, made_in bigint, nested_id uuid)
where r.id = n.id

-- name: engine_stacks_update
-- $1: rows; "outputs", "parameters" and "description" null leave what is there. The end of an operation on a nested
-- stack is news to its parent.
update stack s
set action = n.action, status = n.status, status_reason = n.reason, outputs = coalesce(n.outputs, s.outputs),
    updated_at = case when n.touched then now() else s.updated_at end,
    deleted_at = case when n.deleted then now() else s.deleted_at end, revision = s.revision + 1,
    parameters = coalesce(n.parameters, s.parameters), description = coalesce(n.description, s.description),
    news = s.parent_id is not null and n.status <> 'IN_PROGRESS',
    previous_template_digest = case when not n.settled then s.previous_template_digest end,
    previous_environment_digest = case when not n.settled then s.previous_environment_digest end,
    previous_sealed_environment = case when not n.settled then s.previous_sealed_environment end,
    previous_files_digest = case when not n.settled then s.previous_files_digest end,
    previous_parameters = case when not n.settled then s.previous_parameters end,
    previous_description = case when not n.settled then s.previous_description end
from json_to_recordset($1::json) as n (id uuid, action text, status text, reason text, outputs text, touched boolean,
                                       deleted boolean, settled boolean, parameters text, description text)
where s.id = n.id

-- name: engine_resources_purge
-- Of stacks that are gone or rolled back. $1: ids of stacks
delete from resource
where stack_id in (select i.id::uuid from json_array_elements_text($1::json) i (id))

-- name: engine_operations_update
-- $1: rows; "state" RUNNING goes on, the others are the end
update operation o
set state = n.state, reason = n.reason, finished_at = case when n.state <> 'RUNNING' then now() end,
    deadline_at = to_timestamp(n.deadline_us / 1000000.0)
from json_to_recordset($1::json) as n (id uuid, state text, reason text, deadline_us bigint)
where o.id = n.id

-- name: engine_events_prune
-- Keeps the newest $2 events of each of these stacks. $1: [{"tenant_id", "stack_id"}]
delete from event e
using (select n.tenant_id, n.stack_id,
              (select v.seq from event v where v.tenant_id = n.tenant_id and v.stack_id = n.stack_id
               order by v.seq desc offset $2::bigint limit 1) as last
       from json_to_recordset($1::json) as n (tenant_id text, stack_id uuid)
       offset 0) old
where old.last is not null and e.tenant_id = old.tenant_id and e.stack_id = old.stack_id and e.seq <= old.last

-- name: engine_release
-- On the way out: whoever is there takes over at once.
update operation
set lease_until = now(), wake_at = now()
where engine_id = $1::uuid and state = 'RUNNING'

-- name: engine_heartbeat
insert into service (id, engine_id, host, hostname, binary_name, report_interval)
values ($1::uuid, $1::uuid, $2, $3, $4, $5::integer)
on conflict (engine_id) do update set updated_at = now(), deleted_at = null

-- name: engine_leave
update service set deleted_at = now(), updated_at = now() where engine_id = $1::uuid

-- name: engine_forget_services
-- Engines that were silent for a day are no news any more.
delete from service where updated_at < now() - interval '1 day'
