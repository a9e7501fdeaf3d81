\set ON_ERROR_STOP on
do $$
begin
    if not exists (select from hearth.schema_migration where version = 0) then
        raise exception '0000: schema_migration does not list version 0';
    end if;
end $$;
