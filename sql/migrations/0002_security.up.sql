-- Row security and grants.
--
--   role              rows                             may
--   hearth_owner      none of a tenant's               migrate; owns everything
--   hearth_api        hearth.tenant's ('*': reads all) what a request does; never deletes a stack
--   hearth_engine     all                              what an operation does; administration of identities
--   hearth_readonly   all                              read what is no secret
--   hearth_purge      all                              the same, and delete what is over
--
-- hearth.tenant is set for one transaction by whoever begins it; unset, hearth_api sees and writes nothing.
-- The tables of the standalone identity are looked into before the tenant is known, so they have grants only.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

-- ---- whose rows --------------------------------------------------------------------------------------------------

do $$
declare
    wall text;
    own constant text := 'tenant_id = (select current_setting(''hearth.tenant'', true))';
    any_tenant constant text := '(select current_setting(''hearth.tenant'', true)) = ''*''';
begin
    foreach wall in array array['credential', 'document', 'stack', 'stack_tag', 'resource', 'operation', 'event',
                                'snapshot', 'software_config', 'software_deployment'] loop
        execute format('alter table %I enable row level security', wall);
        execute format('alter table %I force row level security', wall);
        execute format('create policy api_select on %I for select to hearth_api using (%s or %s)',
                       wall, own, any_tenant);
        execute format('create policy api_insert on %I for insert to hearth_api with check (%s)', wall, own);
        execute format('create policy api_update on %I for update to hearth_api using (%s) with check (%s)',
                       wall, own, own);
        execute format('create policy api_delete on %I for delete to hearth_api using (%s)', wall, own);
        execute format('create policy engine on %I to hearth_engine using (true) with check (true)', wall);
        execute format('create policy readonly on %I for select to hearth_readonly using (true)', wall);
        execute format('create policy purge_select on %I for select to hearth_purge using (true)', wall);
        execute format('create policy purge_delete on %I for delete to hearth_purge using (true)', wall);
    end loop;
end $$;

-- Nobody reads or writes a partition but through event, except the owner, who moves rows between them.
create function event_partition_guard(partition regclass) returns void
language plpgsql set search_path = hearth, pg_temp as $$
begin
    execute format('alter table %s enable row level security', partition);
    execute format('alter table %s force row level security', partition);
    execute format('create policy owner on %s to hearth_owner using (true) with check (true)', partition);
end $$;

select event_partition_guard(inhrelid::regclass) from pg_inherits where inhparent = 'event'::regclass;

-- ---- who may do what ---------------------------------------------------------------------------------------------

revoke all on schema hearth from public;
revoke all on all tables in schema hearth from public;
grant usage on schema hearth to hearth_api, hearth_engine, hearth_readonly, hearth_purge;
grant select on schema_migration to hearth_api, hearth_engine, hearth_readonly, hearth_purge;

grant select, insert, update on stack to hearth_api;
grant select, insert, update, delete on stack_tag to hearth_api;
grant select, insert on document to hearth_api;
grant select, insert, update on resource to hearth_api;
grant select, insert, update on operation to hearth_api;
grant select, insert on event to hearth_api;
grant select, insert, update, delete on snapshot to hearth_api;
grant select, insert, delete on software_config to hearth_api;
grant select, insert, update, delete on software_deployment to hearth_api;
grant select (id, tenant_id, kind, created_at), insert on credential to hearth_api;
grant select on service to hearth_api;
grant select on tenant, identity_user, identity_grant to hearth_api;
grant select, insert, delete on application_credential to hearth_api;
grant select, insert, delete on token to hearth_api;
grant select, insert, update, delete on login_failure to hearth_api;
grant usage on sequence event_seq to hearth_api;

grant select, insert, update on stack, document, operation to hearth_engine;
grant select, insert, update, delete on stack_tag, resource, event, snapshot, software_config, software_deployment,
    credential, service to hearth_engine;
grant select, insert, update, delete on tenant, identity_user, identity_grant, application_credential, token,
    login_failure to hearth_engine;
grant usage on sequence event_seq to hearth_engine;

-- All columns but the secret ones: sealed texts, digests of secrets, and what may hold a tenant's secrets in the clear.
-- A column that a later migration adds is granted there, or stays unread.
do $$
declare
    relation record;
    secret constant text[] := array[
        'identity_user.password_hash', 'application_credential.secret_hash', 'token.digest', 'credential.sealed',
        'document.body', 'stack.sealed_environment', 'stack.outputs', 'resource.properties', 'resource.attributes',
        'resource.data', 'resource.progress', 'operation.input', 'snapshot.data', 'software_config.config',
        'software_deployment.input_values', 'software_deployment.output_values'];
begin
    for relation in
        select relname as name, string_agg(quote_ident(attname), ', ' order by attnum) as columns
        from pg_class join pg_attribute on attrelid = pg_class.oid
        where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p') and not relispartition
          and attnum > 0 and not attisdropped and relname <> 'schema_migration'
          and relname || '.' || attname <> all (secret)
        group by relname
    loop
        execute format('grant select (%s) on %I to hearth_readonly, hearth_purge', relation.columns, relation.name);
    end loop;
end $$;

grant delete on stack, stack_tag, resource, operation, event, snapshot, document, credential, software_config,
    software_deployment, service, token, login_failure, application_credential to hearth_purge;

-- ---- partitions of event -----------------------------------------------------------------------------------------

-- Makes the partitions of this month and of months_ahead more that are not there yet; returns how many it made. Rows
-- that already fell into the default partition move over.
create function event_partitions_ensure(months_ahead integer) returns integer
language plpgsql security definer set search_path = hearth, pg_temp set lock_timeout = '5s' set timezone = 'UTC' as $$
declare
    month timestamptz := date_trunc('month', now());
    partition text;
    made integer := 0;
begin
    if months_ahead not between 0 and 60 then
        raise exception 'months_ahead must be from 0 to 60';
    end if;
    for ahead in 0 .. months_ahead loop
        partition := 'event_' || to_char(month, 'YYYYMM');
        if to_regclass(partition) is null then
            execute format('create table %I (like event including defaults)', partition);
            execute format('with moved as (delete from event_default where created_at >= %L and created_at < %L '
                           'returning *) insert into %I select * from moved',
                           month, month + interval '1 month', partition);
            execute format('alter table event attach partition %I for values from (%L) to (%L)',
                           partition, month, month + interval '1 month');
            perform event_partition_guard(partition::regclass);
            made := made + 1;
        end if;
        month := month + interval '1 month';
    end loop;
    return made;
end $$;

-- Drops the monthly partitions that end at or before the given time, and such rows of the default partition; returns
-- how many partitions it dropped.
create function event_partitions_drop(before timestamptz) returns integer
language plpgsql security definer set search_path = hearth, pg_temp set lock_timeout = '5s' set timezone = 'UTC' as $$
declare
    partition text;
    dropped integer := 0;
begin
    for partition in
        select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = 'event'::regclass and relname ~ '^event_[0-9]{6}$'
          and to_date(substr(relname, 7), 'YYYYMM') + interval '1 month' <= before
        order by relname
    loop
        execute format('drop table %I', partition);
        dropped := dropped + 1;
    end loop;
    delete from event_default where created_at < before;
    return dropped;
end $$;

revoke all on function event_partition_guard(regclass), event_partitions_ensure(integer),
    event_partitions_drop(timestamptz) from public;
grant execute on function event_partitions_ensure(integer) to hearth_engine, hearth_purge;
grant execute on function event_partitions_drop(timestamptz) to hearth_purge;

select event_partitions_ensure(3);

insert into schema_migration (version, name) values (2, 'security');
commit;
