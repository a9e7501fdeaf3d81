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

-- name: software_server_lock
-- The resource that is that server, if a stack made it: its metadata lists the deployments.
select r.id, r.metadata
from resource r
where r.tenant_id = $1 and r.physical_id = $2 and r.action <> 'DELETE' and r.superseded_by is null
order by r.id
limit 1
for update

-- name: software_server_store
update resource set metadata = $3 where tenant_id = $1 and id = $2::uuid
