\set ON_ERROR_STOP on
do $$
declare
    missing text;
begin
    select string_agg(relation || '.' || name, ', ') into missing
    from (values ('stack', 'traversal'), ('stack', 'previous_template_digest'), ('stack', 'previous_environment_digest'),
                 ('stack', 'previous_sealed_environment'), ('stack', 'previous_files_digest'),
                 ('stack', 'previous_parameters'), ('stack', 'previous_description'), ('resource', 'definition'),
                 ('resource', 'traversal'), ('resource', 'made_in')) as wanted (relation, name)
    where not exists (select from pg_attribute
                      where attrelid = ('hearth.' || relation)::regclass and attname = name and not attisdropped);
    if missing is not null then
        raise exception '0004: missing: %', missing;
    end if;
    if has_column_privilege('hearth_readonly', 'hearth.stack', 'previous_sealed_environment', 'select') then
        raise exception '0004: hearth_readonly may read secrets';
    end if;
    if not exists (select from hearth.schema_migration where version = 4) then
        raise exception '0004: schema_migration does not list version 4';
    end if;
end $$;
