\set ON_ERROR_STOP on
do $$
declare
    missing text;
begin
    select string_agg(name, ', ') into missing
    from unnest(array['tenant', 'identity_user', 'identity_grant', 'application_credential', 'token', 'login_failure',
                      'credential', 'document', 'stack', 'stack_tag', 'resource', 'operation', 'event',
                      'event_default', 'event_seq', 'snapshot', 'software_config', 'software_deployment',
                      'service']) as name
    where to_regclass('hearth.' || name) is null;
    if missing is not null then
        raise exception '0001: missing: %', missing;
    end if;

    select string_agg(indexrelid::regclass::text, ', ') into missing
    from pg_index
    where not indisvalid and indrelid in (select oid from pg_class where relnamespace = 'hearth'::regnamespace);
    if missing is not null then
        raise exception '0001: invalid indexes: %', missing;
    end if;

    if not exists (select from hearth.schema_migration where version = 1) then
        raise exception '0001: schema_migration does not list version 1';
    end if;
end $$;
