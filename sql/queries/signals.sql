-- Signals beyond the metadata they change: what is left to do is an operation of its own, SIGNAL, which comes after every
-- other operation of the stack. Order of locks as in engine.sql; but such an operation is nobody's obstacle, so that only
-- those lock its row who mean it.

-- ---- calls of the API ---------------------------------------------------------------------------------------------
-- roles from here on: hearth_api hearth_engine

-- name: signal_operation
-- The one of this stack begins, or is woken when it is there: whoever holds it looks again before it ends.
insert into operation (id, tenant_id, stack_id, action, request_id, input)
values ($1::uuid, $2, $3::uuid, 'SIGNAL', $4, $5)
on conflict (stack_id) where action = 'SIGNAL' and state in ('PENDING', 'RUNNING') do update set wake_at = now()

-- name: signal_queue
-- A signal that a step has to deal with. $4: details as JSON, or null
insert into resource_signal (tenant_id, stack_id, resource_id, details)
values ($1, $2::uuid, $3::uuid, $4)

-- ---- the engine ---------------------------------------------------------------------------------------------------
-- roles from here on: hearth_engine

-- name: signal_yield
-- Where another operation waits for the stack, the one for signals goes back behind it.
update operation
set state = 'PENDING', engine_id = null, lease_until = null, fence = fence + 1, wake_at = now()
where id in (select s.id from operation s
             where s.action = 'SIGNAL' and s.state = 'RUNNING'
               and exists (select from operation o
                           where o.stack_id = s.stack_id and o.state = 'PENDING' and o.action <> 'SIGNAL')
             for update skip locked)

-- name: signal_pending
-- What is to be dealt with, in the order it came. $1: ids of stacks
select g.id, g.stack_id, g.resource_id, g.details, g.progress,
       (extract(epoch from g.due_at) * 1000000)::bigint as due_us
from resource_signal g
where g.stack_id in (select i.id::uuid from json_array_elements_text($1::json) i (id))
order by g.stack_id, g.seq

-- name: signal_resources
-- No states, and no date: what became of a resource is as it was. $1: rows; "metadata" null leaves what is there
update resource r
set physical_id = n.physical_id, attributes = n.attributes, data = n.data, metadata = coalesce(n.metadata, r.metadata),
    sealed_columns = n.sealed
from json_to_recordset($1::json) as n (id uuid, physical_id text, attributes text, data text, metadata text,
                                       sealed boolean)
where r.id = n.id

-- name: signal_outputs
-- $1: [{"id", "outputs"}]
update stack s
set outputs = n.outputs, revision = s.revision + 1
from json_to_recordset($1::json) as n (id uuid, outputs text)
where s.id = n.id

-- name: signal_progress
-- $1: [{"id", "progress", "due_us"}]
update resource_signal g
set progress = n.progress, due_at = to_timestamp(n.due_us / 1000000.0)
from json_to_recordset($1::json) as n (id uuid, progress text, due_us bigint)
where g.id = n.id

-- name: signal_done
-- $1: ids
delete from resource_signal
where id in (select i.id::uuid from json_array_elements_text($1::json) i (id))

-- name: signal_finish
-- The end, unless a signal came since we last looked: then all of it begins again. Nobody but signals wakes such an
-- operation, so any wake_at but the claim's infinity is one. $1: [{"id", "state", "reason"}]
update operation o
set state = case when isfinite(o.wake_at) then 'PENDING' else n.state end,
    reason = n.reason,
    engine_id = case when not isfinite(o.wake_at) then o.engine_id end,
    lease_until = case when not isfinite(o.wake_at) then o.lease_until end,
    finished_at = case when not isfinite(o.wake_at) then now() end
from json_to_recordset($1::json) as n (id uuid, state text, reason text)
where o.id = n.id
