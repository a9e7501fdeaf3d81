\set ON_ERROR_STOP on
do $$
begin
    if not exists (select from pg_class where oid = to_regclass('hearth.resource_signal')
                   and relrowsecurity and relforcerowsecurity) then
        raise exception '0006: resource_signal is missing, or without forced row security';
    end if;
    if not exists (select from pg_index where indexrelid = to_regclass('hearth.operation_signal') and indisunique) then
        raise exception '0006: a stack may have several operations for its signals';
    end if;
    if (select count(*) from pg_attribute where attrelid = 'hearth.resource'::regclass and not attisdropped
        and attname in ('hook_cleared', 'hook_operation')) <> 2 then
        raise exception '0006: resource.hook_cleared or hook_operation is missing';
    end if;
    if has_column_privilege('hearth_readonly', 'hearth.resource_signal', 'details', 'select')
       or has_column_privilege('hearth_readonly', 'hearth.resource_signal', 'progress', 'select') then
        raise exception '0006: hearth_readonly may read what signals said';
    end if;
    if not exists (select from hearth.schema_migration where version = 6) then
        raise exception '0006: schema_migration does not list version 6';
    end if;
end $$;
