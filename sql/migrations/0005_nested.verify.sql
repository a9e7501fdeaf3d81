\set ON_ERROR_STOP on
do $$
begin
    if not exists (select from pg_attribute
                   where attrelid = 'hearth.stack'::regclass and attname = 'news' and attnotnull and not attisdropped) then
        raise exception '0005: missing: stack.news';
    end if;
    if to_regclass('hearth.stack_news') is null or to_regclass('hearth.operation_queue') is null then
        raise exception '0005: missing: an index';
    end if;
    if not exists (select from hearth.schema_migration where version = 5) then
        raise exception '0005: schema_migration does not list version 5';
    end if;
end $$;
