-- Software configurations and their deployments, for the API and its writes in engine/software.c. The columns are those
-- of enum config_column and enum deployment_column in engine/software.h.

-- name: software_config_list
-- Newest first. $2 marker (an unknown one, as 00000000-0000-0000-0000-000000000000: from the beginning)  $3 limit
-- (null: all)
select c.id, c.name, c.grouping, to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), c.tenant_id
from software_config c
where c.tenant_id = $1
  and (c.created_at, c.id) <
      ((select coalesce(max(m.created_at), 'infinity') from software_config m where m.id = $2::uuid and m.tenant_id = $1),
       $2::uuid)
order by c.created_at desc, c.id desc
limit $3::bigint

-- name: software_config_list_all
-- The same of every tenant: $1 marker  $2 limit
select c.id, c.name, c.grouping, to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), c.tenant_id
from software_config c
where (c.created_at, c.id) <
      ((select coalesce(max(m.created_at), 'infinity') from software_config m where m.id = $1::uuid), $1::uuid)
order by c.created_at desc, c.id desc
limit $2::bigint

-- name: software_config_show
select c.id, c.name, c.grouping, to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), c.tenant_id,
       c.config
from software_config c
where c.tenant_id = $1 and c.id = $2::uuid

-- name: software_config_insert
-- $1 id  $2 tenant  $3 name  $4 group  $5 the rest, as JSON
insert into software_config as c (id, tenant_id, name, grouping, config)
values ($1::uuid, $2, $3, $4, $5)
returning c.id, c.name, c.grouping, to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          c.tenant_id, c.config

-- name: software_config_delete
-- One that no deployment refers to. Says whether it is there, and whether it went.
with gone as (
    delete from software_config c
    where c.tenant_id = $1 and c.id = $2::uuid
      and not exists (select from software_deployment d where d.config_id = c.id)
    returning c.id
)
select c.id, g.id is not null as gone
from software_config c left join gone g on g.id = c.id
where c.tenant_id = $1 and c.id = $2::uuid

-- name: software_deployment_list
-- Oldest first.
select d.id, d.server_id, d.input_values, d.output_values, d.action, d.status, d.status_reason, d.config_id,
       to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from software_deployment d
where d.tenant_id = $1 or d.stack_user_project_id = $1
order by d.created_at, d.id

-- name: software_deployment_list_server
-- Those of one server.
select d.id, d.server_id, d.input_values, d.output_values, d.action, d.status, d.status_reason, d.config_id,
       to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from software_deployment d
where (d.tenant_id = $1 or d.stack_user_project_id = $1) and d.server_id = $2
order by d.created_at, d.id

-- name: software_deployment_show
select d.id, d.server_id, d.input_values, d.output_values, d.action, d.status, d.status_reason, d.config_id,
       to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from software_deployment d
where (d.tenant_id = $1 or d.stack_user_project_id = $1) and d.id = $2::uuid

-- name: software_deployment_insert
-- Of a configuration of the tenant's own, else no row. The users' project ($9) is taken only when one of the tenant's
-- stacks has it: who acts there reads the deployment, and nobody shall send scripts to another's servers.
insert into software_deployment as d (id, tenant_id, server_id, config_id, input_values, action, status, status_reason,
                                      stack_user_project_id)
select $1::uuid, $2, $3, c.id, $5, $6, $7, $8,
       (select s.stack_user_project_id from stack s where s.tenant_id = $2 and s.stack_user_project_id = $9 limit 1)
from software_config c
where c.tenant_id = $2 and c.id = $4::uuid
returning d.id, d.server_id, d.input_values, d.output_values, d.action, d.status, d.status_reason, d.config_id,
          to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')

-- name: software_deployment_update
-- A null leaves what there is. $3 configuration  $4 inputs  $5 outputs  $6 action  $7 status  $8 reason
update software_deployment d
set config_id = coalesce($3::uuid, d.config_id), input_values = coalesce($4, d.input_values),
    output_values = coalesce($5, d.output_values), action = coalesce($6, d.action), status = coalesce($7, d.status),
    status_reason = coalesce($8, d.status_reason), updated_at = now()
where d.tenant_id = $1 and d.id = $2::uuid
  and ($3::uuid is null or exists (select from software_config c where c.tenant_id = $1 and c.id = $3::uuid))
returning d.id, d.server_id, d.input_values, d.output_values, d.action, d.status, d.status_reason, d.config_id,
          to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
          to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')

-- name: software_deployment_delete
delete from software_deployment d
where d.tenant_id = $1 and d.id = $2::uuid
returning d.id, d.server_id

-- name: software_metadata
-- What a server is to run: the configuration of each of its deployments, by name.
select c.id, c.name, c.grouping, to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), c.tenant_id,
       c.config
from software_deployment d join software_config c on c.id = d.config_id
where (d.tenant_id = $1 or d.stack_user_project_id = $1) and d.server_id = $2
order by c.name collate "C" nulls first, d.created_at, d.id

-- name: software_deployment_wake
-- The engine that holds the stack of a deployment looks at it again, or reads it as it is then (engine_wake_operation).
update operation o
set wake_at = now()
from resource r
where r.tenant_id = $1 and r.physical_id = $2 and o.tenant_id = r.tenant_id and o.stack_id = r.stack_id
  and o.state in ('PENDING', 'RUNNING') and o.action <> 'SIGNAL'

-- name: software_signal_target
-- Of the resources of a stack that have or had this name, the one whose deployment is under way.
select r.id, r.action, r.status, r.physical_id
from resource r
join software_deployment d
  on d.tenant_id = r.tenant_id and d.status = 'IN_PROGRESS'
 and d.id = case when r.physical_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then r.physical_id::uuid end
where r.tenant_id = $1 and r.stack_id = $2::uuid and r.name = $3
order by r.superseded_by is null desc, r.created_at
limit 1

-- ---- what steps of resources write and ask (resources/effects.def), of many tenants at once -------------------------
-- roles from here on: hearth_api hearth_engine

-- name: software_configs_put
-- $1: [{"id", "tenant_id", "name", "grouping", "config", "created_us"}]
insert into software_config (id, tenant_id, name, grouping, config, created_at)
select n.id, n.tenant_id, n.name, n.grouping, n.config, to_timestamp(n.created_us / 1000000.0)
from json_to_recordset($1::json) as n (id uuid, tenant_id text, name text, grouping text, config text, created_us bigint)
on conflict (id) do nothing

-- name: software_configs_remove
-- $1: [{"id", "tenant_id"}]; one that is still referred to stays
delete from software_config c
using json_to_recordset($1::json) as n (id uuid, tenant_id text)
where c.id = n.id and c.tenant_id = n.tenant_id
  and not exists (select from software_deployment d where d.config_id = c.id)

-- name: software_deployments_put
-- New ones, and those that deploy anew. Values that are none leave those there are.
-- $1: [{"id", "tenant_id", "server_id", "config_id", "input_values", "action", "status", "status_reason", "created_us"}]
insert into software_deployment as d (id, tenant_id, server_id, config_id, input_values, action, status, status_reason,
                                      created_at)
select n.id, n.tenant_id, n.server_id, n.config_id, n.input_values, n.action, n.status, n.status_reason,
       to_timestamp(n.created_us / 1000000.0)
from json_to_recordset($1::json) as n (id uuid, tenant_id text, server_id text, config_id uuid, input_values text,
                                       action text, status text, status_reason text, created_us bigint)
on conflict (id) do update
set config_id = excluded.config_id, action = excluded.action, status = excluded.status,
    status_reason = excluded.status_reason, updated_at = excluded.created_at,
    input_values = case when excluded.input_values = '{}' then d.input_values else excluded.input_values end
where d.tenant_id = excluded.tenant_id

-- name: software_deployments_report
-- What came of those that were under way. $1: [{"id", "tenant_id", "output_values", "status", "status_reason"}]
update software_deployment d
set output_values = coalesce(n.output_values, d.output_values), status = n.status, status_reason = n.status_reason,
    updated_at = now()
from json_to_recordset($1::json) as n (id uuid, tenant_id text, output_values text, status text, status_reason text)
where d.id = n.id and d.tenant_id = n.tenant_id and d.status = 'IN_PROGRESS'

-- name: software_deployments_remove
-- $1: [{"id", "tenant_id"}]
delete from software_deployment d
using json_to_recordset($1::json) as n (id uuid, tenant_id text)
where d.id = n.id and d.tenant_id = n.tenant_id

-- name: software_configs_asked
-- $1: [{"tenant_id", "key"}]
select n.tenant_id, n.key, c.name, c.grouping as "group", c.config,
       to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created,
       exists (select from software_deployment d where d.config_id = c.id) as referenced
from json_to_recordset($1::json) as n (tenant_id text, key uuid)
join software_config c on c.id = n.key and c.tenant_id = n.tenant_id

-- name: software_deployments_asked
-- $1: [{"tenant_id", "key"}]
select n.tenant_id, n.key, d.server_id, d.config_id, d.input_values, d.output_values, d.action, d.status,
       d.status_reason, to_char(d.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created,
       to_char(d.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as updated
from json_to_recordset($1::json) as n (tenant_id text, key uuid)
join software_deployment d on d.id = n.key and d.tenant_id = n.tenant_id

-- name: software_servers_asked
-- Which servers are resources of the tenant's. $1: [{"tenant_id", "key"}]
select n.tenant_id, n.key
from json_to_recordset($1::json) as n (tenant_id text, key text)
where exists (select from resource r
              where r.tenant_id = n.tenant_id and r.physical_id = n.key and r.action <> 'DELETE')

-- ---- the metadata of servers: $1: [{"tenant_id", "id"}] -------------------------------------------------------------

-- name: software_servers_lock
-- The resources that are these servers, if stacks made them: their metadata list the deployments.
select r.tenant_id, r.physical_id, r.id, r.metadata
from resource r
where (r.tenant_id, r.physical_id) in (select n.tenant_id, n.id
                                       from json_to_recordset($1::json) as n (tenant_id text, id text))
  and r.action <> 'DELETE' and r.superseded_by is null
order by r.id
for update

-- name: software_servers_deployments
-- What they are to run: the configuration of each of their deployments, by name.
select c.id, c.name, c.grouping, to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), c.tenant_id,
       c.config, d.tenant_id, d.server_id
from (select distinct n.tenant_id, n.id from json_to_recordset($1::json) as n (tenant_id text, id text)) n
join software_deployment d on d.tenant_id = n.tenant_id and d.server_id = n.id
join software_config c on c.id = d.config_id
order by d.tenant_id, d.server_id, c.name collate "C" nulls first, d.created_at, d.id

-- name: software_servers_store
-- $1: [{"id", "metadata"}]
update resource r
set metadata = n.metadata
from json_to_recordset($1::json) as n (id uuid, metadata text)
where r.id = n.id
