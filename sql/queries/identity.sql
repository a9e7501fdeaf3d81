-- Tenants, users, tokens and application credentials of the standalone identity.
-- Times go in and out as microseconds since the epoch, role lists out as names with a blank between.
-- Who has not logged in yet has no tenant: all of these run with hearth.tenant = '*'.

-- ---- who asks ----------------------------------------------------------------------------------------------------

-- name: identity_token_find
-- A token that is valid now: not expired, its user and its project enabled.
select t.audit_id, t.user_id, u.name as user_name, t.tenant_id, p.name as tenant_name,
       array_to_string(t.roles, ' ') as roles, array_to_string(t.methods, ' ') as methods,
       (extract(epoch from t.issued_at) * 1000000)::bigint as issued_us,
       (extract(epoch from t.expires_at) * 1000000)::bigint as expires_us,
       c.id as credential_id, c.name as credential_name, c.unrestricted
  from token t
  join identity_user u on u.id = t.user_id and u.enabled
  left join tenant p on p.id = t.tenant_id
  left join application_credential c on c.id = t.application_credential_id
 where t.digest = $1 and t.expires_at > now() and (t.tenant_id is null or p.enabled)

-- name: identity_token_add
insert into token (digest, audit_id, user_id, tenant_id, roles, methods, application_credential_id, issued_at, expires_at)
values ($1, $2, $3, $4, string_to_array($5, ' '), string_to_array($6, ' '), $7,
        to_timestamp($8::numeric / 1000000), to_timestamp($9::numeric / 1000000))

-- name: identity_token_remove
delete from token where digest = $1

-- name: identity_token_expire
-- A few that are over, with each new one: the table stays as small as what is valid. One process at a time, so that no
-- two wait for each other's rows.
delete from token
 where (select pg_try_advisory_xact_lock(hashtext('hearth token expire')))
   and digest in (select digest from token where expires_at < now() - interval '1 minute' limit 20)

-- name: identity_user_find
-- By id, or by name when the id is null.
select id, name, password_hash, enabled from identity_user where case when $1::text is null then name = $2 else id = $1 end

-- name: identity_tenant_find
-- By id, or by name when the id is null.
select id, name, description, enabled from tenant where case when $1::text is null then name = $2 else id = $1 end

-- name: identity_grants_of
-- Roles of a user in a project.
select role from identity_grant where user_id = $1 and tenant_id = $2 order by role

-- name: identity_login_failures
-- Failed attempts under a key in the window of $2 milliseconds.
select failures from login_failure where user_name = $1 and window_start > now() - $2::bigint * interval '1 millisecond'

-- name: identity_login_failed
-- Counts one failed attempt; a window that is over begins anew.
insert into login_failure as f (user_name, failures, window_start)
values ($1, 1, now())
on conflict (user_name) do update
   set failures = case when f.window_start > now() - $2::bigint * interval '1 millisecond' then f.failures + 1 else 1 end,
       window_start = case when f.window_start > now() - $2::bigint * interval '1 millisecond' then f.window_start
                           else now() end
returning failures

-- name: identity_login_succeeded
delete from login_failure where user_name = $1

-- name: identity_login_expire
-- Guessing at names that do not exist leaves rows too; they go when their window is over.
delete from login_failure
 where (select pg_try_advisory_xact_lock(hashtext('hearth login expire')))
   and user_name in (select user_name from login_failure
                      where window_start < now() - $1::bigint * interval '1 millisecond' limit 20)

-- ---- what they may see -------------------------------------------------------------------------------------------

-- name: identity_projects_of
-- Enabled projects in which a user holds a role; $2 a name to match, or null.
select p.id, p.name, p.description, p.enabled
  from tenant p
 where exists (select from identity_grant g where g.tenant_id = p.id and g.user_id = $1)
   and p.enabled and ($2::text is null or p.name = $2)
 order by p.name

-- name: identity_projects
-- All; $1 a name to match, or null.
select id, name, description, enabled from tenant where $1::text is null or name = $1 order by name

-- name: identity_users
-- All; $1 a name to match, or null.
select id, name, enabled from identity_user where $1::text is null or name = $1 order by name

-- name: identity_roles
-- Names of the roles that anybody holds anywhere.
select distinct role from identity_grant order by role

-- ---- application credentials -------------------------------------------------------------------------------------

-- name: identity_credential_login
-- By id, or by name and user when the id is null.
select c.id, c.name, c.secret_hash, c.unrestricted, c.user_id, u.name as user_name, u.enabled, c.tenant_id, p.name as tenant_name,
       p.enabled as tenant_enabled, array_to_string(c.roles, ' ') as roles,
       (extract(epoch from c.expires_at) * 1000000)::bigint as expires_us,
       c.expires_at is not null and c.expires_at <= now() as expired
  from application_credential c
  join identity_user u on u.id = c.user_id
  join tenant p on p.id = c.tenant_id
 where case when $1::text is null then c.name = $2 and u.id = $3 else c.id = $1 end

-- name: identity_credentials_of
-- Of a user; $2 an id and $3 a name to match, or null.
select id, name, description, user_id, tenant_id, unrestricted, array_to_string(roles, ' ') as roles,
       (extract(epoch from expires_at) * 1000000)::bigint as expires_us
  from application_credential
 where user_id = $1 and ($2::text is null or id = $2) and ($3::text is null or name = $3)
 order by created_at, id

-- name: identity_credential_add
insert into application_credential (id, name, user_id, tenant_id, secret_hash, roles, unrestricted, description, expires_at)
values ($1, $2, $3, $4, $5, string_to_array($6, ' '), $7::boolean, $8, to_timestamp($9::numeric / 1000000))

-- name: identity_credential_remove
-- Its tokens go with it.
delete from application_credential where user_id = $1 and id = $2

-- ---- the operator's (hearthctl) ----------------------------------------------------------------------------------
-- roles from here on: hearth_engine

-- name: identity_tenant_add
insert into tenant (id, name, description) values ($1, $2, $3)

-- name: identity_tenant_list
select p.id, p.name, p.description, p.enabled,
       (select count(distinct g.user_id) from identity_grant g where g.tenant_id = p.id) as users,
       (select count(*) from stack s where s.tenant_id = p.id and s.deleted_at is null) as stacks
  from tenant p where $1::text is null or p.name = $1 or p.id = $1 order by p.name

-- name: identity_tenant_enable
update tenant set enabled = $2::boolean where id = $1

-- name: identity_tenant_remove
delete from tenant where id = $1

-- name: identity_tenant_tokens_remove
delete from token where tenant_id = $1

-- name: identity_user_add
insert into identity_user (id, name, password_hash) values ($1, $2, $3)

-- name: identity_user_list
-- With the grants as "tenant:role,role tenant:role"; $1 a name or id to match, or null.
select u.id, u.name, u.enabled,
       coalesce((select string_agg(t.name || ':' || t.roles, ' ' order by t.name)
                   from (select p.name, string_agg(g.role, ',' order by g.role) as roles
                           from identity_grant g join tenant p on p.id = g.tenant_id
                          where g.user_id = u.id group by p.name) t), '') as grants
  from identity_user u where $1::text is null or u.name = $1 or u.id = $1 order by u.name

-- name: identity_user_enable
update identity_user set enabled = $2::boolean where id = $1

-- name: identity_user_password
update identity_user set password_hash = $2 where id = $1

-- name: identity_user_remove
delete from identity_user where id = $1

-- name: identity_user_tokens_remove
-- Of a user, in one project or ($2 null) everywhere.
delete from token where user_id = $1 and ($2::text is null or tenant_id = $2)

-- name: identity_user_credentials_remove
-- Application credentials of a user, in one project or ($2 null) everywhere.
delete from application_credential where user_id = $1 and ($2::text is null or tenant_id = $2)

-- name: identity_grant_add
insert into identity_grant (user_id, tenant_id, role) values ($1, $2, $3) on conflict do nothing

-- name: identity_grant_remove
-- One role, or ($3 null) all of a user in a project.
delete from identity_grant where user_id = $1 and tenant_id = $2 and ($3::text is null or role = $3)
