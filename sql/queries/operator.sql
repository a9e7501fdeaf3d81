-- What hearthctl and the start of hearthd ask.

-- name: schema_exists
select to_regclass('hearth.schema_migration') is not null

-- name: schema_version
select coalesce(max(version), 0) from hearth.schema_migration

-- name: schema_migrations
select version, name, to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as applied_at
from hearth.schema_migration
order by version

-- name: operation_list
-- Those that are not over, or ($1) all; the latest $2 of them.
select o.id, o.tenant_id, coalesce(t.name, o.tenant_id) as tenant, s.name as stack, o.action, o.state,
       to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
       coalesce(v.hostname, '') as host, o.reason
  from operation o
  join stack s on s.id = o.stack_id
  left join tenant t on t.id = o.tenant_id
  left join service v on v.engine_id = o.engine_id
 where $1::boolean or o.state in ('PENDING', 'RUNNING')
 order by o.created_at desc, o.id limit $2::integer

-- name: operation_show
-- $1: an id, or the beginning of one.
select o.id, o.tenant_id, coalesce(t.name, o.tenant_id) as tenant, o.stack_id, s.name as stack, o.action, o.state,
       o.reason, o.request_id,
       to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at,
       to_char(o.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as started_at,
       to_char(o.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as finished_at,
       to_char(o.deadline_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as deadline_at,
       o.engine_id, v.hostname as host,
       to_char(o.lease_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as lease_until, o.fence
  from operation o
  join stack s on s.id = o.stack_id
  left join tenant t on t.id = o.tenant_id
  left join service v on v.engine_id = o.engine_id
 where o.id::text like $1 || '%' order by o.created_at desc limit 2

-- name: operator_services
select v.hostname, v.engine_id, to_char(v.updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as updated_at,
       case when now() - v.updated_at <= 2 * v.report_interval * interval '1 second' then 'up' else 'down' end as state
  from service v where v.deleted_at is null order by v.hostname, v.created_at

-- name: event_partitions_ensure
-- roles: hearth_engine
-- Harmless at any time: makes the monthly partitions of event that are missing, up to $1 months ahead.
select event_partitions_ensure($1::integer)

-- name: event_partitions_drop
-- roles: hearth_purge
-- Events before $1 go: whole months are dropped, the default partition's rows deleted.
select event_partitions_drop($1::timestamptz)
