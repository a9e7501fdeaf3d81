\set ON_ERROR_STOP on
do $$
declare
    bound text;
begin
    select string_agg(attrelid::regclass || '.' || attname, ', ') into bound
    from pg_attribute
    where attnotnull and (attrelid, attname) in (('hearth.software_config'::regclass, 'name'),
                                                 ('hearth.software_config'::regclass, 'grouping'),
                                                 ('hearth.software_deployment'::regclass, 'output_values'));
    if bound is not null then
        raise exception '0003: these may not be null: %', bound;
    end if;
    if (select count(*) from pg_policies
        where schemaname = 'hearth' and policyname = 'agent_select' and cmd = 'SELECT' and roles = '{hearth_api}') <> 2 then
        raise exception '0003: the servers'' users do not read their deployments';
    end if;
    if not exists (select from hearth.schema_migration where version = 3) then
        raise exception '0003: schema_migration does not list version 3';
    end if;
end $$;
