-- Snapshots of stacks. Their data are sealed: they hold the values of hidden parameters.
--
-- What is shown has the columns of enum snapshot_column (handlers/snapshots.c). A stack without the snapshot asked for
-- is one row whose id is null.
-- roles from here on: hearth_api

-- name: snapshot_list
select n.id, n.name, n.status, n.status_reason, n.data,
       to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), n.stack_id = s.id
from stack s
left join snapshot n on n.tenant_id = s.tenant_id and n.stack_id = s.id
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3
order by n.created_at, n.id

-- name: snapshot_show
-- The last column says whether it is this stack's. $4 the snapshot
select n.id, n.name, n.status, n.status_reason, n.data,
       to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), n.stack_id = s.id
from stack s
left join snapshot n on n.tenant_id = s.tenant_id and n.id = $4::uuid
where s.tenant_id = $1 and s.id = $2::uuid and s.name = $3

-- name: snapshot_delete
-- One that is still being made stays.
delete from snapshot where tenant_id = $1 and id = $2::uuid and status <> 'IN_PROGRESS'

-- name: snapshot_count
select count(*) from snapshot where tenant_id = $1 and stack_id = $2::uuid

-- name: snapshot_insert
insert into snapshot (id, tenant_id, stack_id, name, status)
values ($1::uuid, $2, $3::uuid, $4, 'IN_PROGRESS')
returning to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')

-- ---- the engine ----------------------------------------------------------------------------------------------------
-- roles from here on: hearth_engine

-- name: snapshot_finish
update snapshot set status = $2, status_reason = $3, data = $4 where id = $1::uuid

-- name: snapshot_purge
-- Of stacks that are gone. $1: ids of stacks
delete from snapshot
where stack_id in (select i.id::uuid from json_array_elements_text($1::json) i (id))
