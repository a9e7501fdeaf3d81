\set ON_ERROR_STOP on
do $$
begin
    if to_regclass('hearth.idempotency_key') is null then
        raise exception '0007: missing: idempotency_key';
    end if;
    if not (select relrowsecurity and relforcerowsecurity from pg_class
            where oid = 'hearth.idempotency_key'::regclass) then
        raise exception '0007: idempotency_key has no row security';
    end if;
    if has_column_privilege('hearth_readonly', 'hearth.idempotency_key', 'reply', 'select') then
        raise exception '0007: hearth_readonly may read replies';
    end if;
    if not exists (select from hearth.schema_migration where version = 7) then
        raise exception '0007: schema_migration does not list version 7';
    end if;
end $$;
