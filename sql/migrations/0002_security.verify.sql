\set ON_ERROR_STOP on
do $$
declare
    open_tables text;
begin
    select string_agg(relname, ', ') into open_tables
    from pg_class join pg_attribute on attrelid = pg_class.oid and attname = 'tenant_id'
    where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p')
      and relname not in ('identity_grant', 'application_credential', 'token')
      and not (relrowsecurity and relforcerowsecurity);
    if open_tables is not null then
        raise exception '0002: no forced row security on: %', open_tables;
    end if;

    if has_table_privilege('hearth_api', 'hearth.stack', 'delete') then
        raise exception '0002: hearth_api may delete stacks';
    end if;
    if has_column_privilege('hearth_readonly', 'hearth.credential', 'sealed', 'select') then
        raise exception '0002: hearth_readonly may read secrets';
    end if;
    if exists (select from pg_roles where rolname in ('hearth_api', 'hearth_engine', 'hearth_readonly',
                                                      'hearth_purge') and (rolsuper or rolbypassrls)) then
        raise exception '0002: one of the roles goes past row security (superuser or bypassrls)';
    end if;
    if not exists (select from hearth.schema_migration where version = 2) then
        raise exception '0002: schema_migration does not list version 2';
    end if;
end $$;
