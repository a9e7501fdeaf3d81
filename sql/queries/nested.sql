-- Nested stacks: what the engine that works on a parent writes and reads of its children. All children of a turn are
-- one statement each. The order of locks is that of engine.sql, parents before their children: engine_fence has locked
-- the operations of parents and children alike, in the order of their ids.
-- roles from here on: hearth_engine

-- name: nested_documents
-- $1: [{"tenant_id", "digest", "body"}]
insert into document (tenant_id, digest, body)
select n.tenant_id, n.digest, n.body
from json_to_recordset($1::json) as n (tenant_id text, digest text, body text)
order by n.tenant_id, n.digest
on conflict (tenant_id, digest) do nothing

-- name: nested_make
-- New children with the operation that fills them; an engine that claims it adds their resources. Who owns them and
-- where they stand in the tree is the parent's. $1: rows; "deadline_us" null: none
with n as materialized (
    select *
    from json_to_recordset($1::json) as n (id uuid, parent_id uuid, parent_resource text, name text, action text,
                                           timeout_mins integer, template text, environment text,
                                           sealed_environment text, files text, operation_id uuid, request_id text,
                                           input text, deadline_us bigint)
), made as (
    insert into stack (id, tenant_id, name, owner, owner_id, parent_id, parent_resource, root_id, nested_depth, action,
                       status, status_reason, timeout_mins, disable_rollback, description, template_digest,
                       environment_digest, sealed_environment, files_digest, parameters, stack_user_project_id,
                       credential_id, updated_at)
    select n.id, p.tenant_id, n.name, p.owner, p.owner_id, p.id, n.parent_resource, p.root_id, p.nested_depth + 1,
           n.action, 'IN_PROGRESS', 'Stack ' || n.action || ' started', n.timeout_mins, true, 'No description',
           n.template, n.environment, n.sealed_environment, n.files, '{}', p.stack_user_project_id, p.credential_id,
           case when n.action = 'ADOPT' then now() end
    from n join stack p on p.id = n.parent_id
    returning id, tenant_id
)
insert into operation (id, tenant_id, stack_id, action, request_id, input, deadline_at)
select n.operation_id, m.tenant_id, m.id, n.action, n.request_id, n.input, to_timestamp(n.deadline_us / 1000000.0)
from n join made m on m.id = n.id

-- name: nested_begin
-- The next operation of children that are there; it takes the place of what runs on them. A child that cannot take it
-- is left alone: its own end comes as news. $1: rows; documents are null for all but UPDATE
with n as materialized (
    select *
    from json_to_recordset($1::json) as n (id uuid, name text, action text, timeout_mins integer, template text,
                                           environment text, sealed_environment text, files text, operation_id uuid,
                                           request_id text, input text, deadline_us bigint)
), begun as (
    update stack s
    set action = n.action, status = 'IN_PROGRESS', status_reason = 'Stack ' || n.action || ' started', news = false,
        updated_at = case when n.action in ('UPDATE', 'DELETE') then now() else s.updated_at end,
        revision = s.revision + 1,
        timeout_mins = case when n.action = 'UPDATE' then n.timeout_mins else s.timeout_mins end,
        template_digest = coalesce(n.template, s.template_digest),
        environment_digest = coalesce(n.environment, s.environment_digest),
        sealed_environment = case when n.action = 'UPDATE' then n.sealed_environment else s.sealed_environment end,
        files_digest = coalesce(n.files, s.files_digest),
        traversal = s.traversal + case when n.action = 'UPDATE' then 1 else 0 end,
        previous_template_digest = case when n.action = 'UPDATE' then s.template_digest end,
        previous_environment_digest = case when n.action = 'UPDATE' then s.environment_digest end,
        previous_sealed_environment = case when n.action = 'UPDATE' then s.sealed_environment end,
        previous_files_digest = case when n.action = 'UPDATE' then s.files_digest end,
        previous_parameters = case when n.action = 'UPDATE' then s.parameters end,
        previous_description = case when n.action = 'UPDATE' then s.description end
    from n
    where s.id = n.id and s.deleted_at is null and not (s.action = 'DELETE' and s.status = 'IN_PROGRESS')
      and case n.action when 'DELETE' then true
                        when 'UPDATE' then s.action <> 'DELETE' and s.action <> 'SUSPEND'
                        else s.status <> 'IN_PROGRESS' end
    returning s.id, s.tenant_id
), cancelled as (
    update operation o
    set state = 'CANCELLED', reason = 'pre-empted by ' || n.action, finished_at = now(), fence = o.fence + 1
    from begun b join n on n.id = b.id
    where o.stack_id = b.id and o.state in ('PENDING', 'RUNNING')
    returning o.stack_id, o.action
), snapshots as (
    update snapshot p
    set status = 'FAILED', status_reason = 'pre-empted'
    from cancelled c
    where p.stack_id = c.stack_id and p.status = 'IN_PROGRESS'
), told as (
    insert into event (tenant_id, stack_id, id, operation_id, resource_name, resource_type, physical_id, action, status,
                       reason)
    select t.tenant_id, t.id, gen_random_uuid(), t.operation_id, t.name, 'OS::Heat::Stack', t.id::text, t.action,
           t.status, t.reason
    from (select b.tenant_id, b.id, n.operation_id, n.name, c.action, 'FAILED' as status,
                 'Stack ' || c.action || ' cancelled' as reason, 1 as place
          from cancelled c join begun b on b.id = c.stack_id join n on n.id = b.id
          where n.action = 'DELETE'
          union all
          select b.tenant_id, b.id, n.operation_id, n.name, n.action, 'IN_PROGRESS', 'Stack ' || n.action || ' started',
                 2
          from begun b join n on n.id = b.id) t
    order by t.id, t.place
)
insert into operation (id, tenant_id, stack_id, action, request_id, input, deadline_at)
select n.operation_id, b.tenant_id, b.id, n.action, n.request_id, n.input, to_timestamp(n.deadline_us / 1000000.0)
from begun b join n on n.id = b.id

-- name: nested_noted
-- Parents have seen these as they are now. One that is being written has more to tell, and stays. $1: [{"id",
-- "revision"}]
update stack s
set news = false
from (select c.id
      from stack c join json_to_recordset($1::json) as n (id uuid, revision bigint)
                   on c.id = n.id and c.revision = n.revision
      for update of c skip locked) seen
where s.id = seen.id

-- name: nested_children
-- The children of these stacks, as they are; $2: only those with news. $1: ids of the parents
select s.parent_id, s.id, s.action, s.status, s.status_reason, s.revision, s.deleted_at is not null as deleted, s.outputs,
       s.news
from stack s
where s.parent_id in (select i.id::uuid from json_array_elements_text($1::json) i (id))
  and (s.news or not $2::boolean and s.deleted_at is null)

-- name: nested_templates
-- $1: ids of children
select s.id, s.tenant_id, d.body as template
from stack s join document d on d.tenant_id = s.tenant_id and d.digest = s.template_digest
where s.id in (select i.id::uuid from json_array_elements_text($1::json) i (id))

-- name: nested_members
-- What is in these children. $1: their ids
select r.stack_id, r.name, r.type, r.status, r.physical_id, r.physical_name, r.attributes, r.data, r.nested_id,
       (extract(epoch from r.created_at) * 1000000)::bigint as created_us
from resource r
where r.stack_id in (select i.id::uuid from json_array_elements_text($1::json) i (id)) and r.superseded_by is null
order by r.stack_id, r.created_at, r.name
