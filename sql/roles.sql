-- The roles. Run by a superuser, connected to Hearth's database; harmless to run again.
--
--   psql -X -d hearth -f sql/roles.sql
--
-- They may log in, but how is pg_hba.conf's matter: peer with a map, certificates, or passwords set with \password.
\set ON_ERROR_STOP on
begin;

do $$
declare
    name text;
begin
    foreach name in array array['hearth_owner', 'hearth_api', 'hearth_engine', 'hearth_readonly', 'hearth_purge'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I login', name);
        end if;
        execute format('alter role %I nosuperuser nocreatedb nocreaterole nobypassrls', name);
        execute format('grant connect on database %I to %I', current_database(), name);
        execute format('alter role %I in database %I set search_path = hearth', name, current_database());
        execute format('alter role %I in database %I set timezone = %L', name, current_database(), 'UTC');
        -- A process that stands still in the middle of a transaction must not hold its locks for ever.
        execute format('alter role %I in database %I set idle_in_transaction_session_timeout = %L',
                       name, current_database(), '60s');
    end loop;
    -- They go by keys, and delete by the thousand. A plan made while a table was small, foreign keys' own included, would
    -- read it from end to end for every row until the next analyze: minutes, once the table has grown.
    foreach name in array array['hearth_engine', 'hearth_purge'] loop
        execute format('alter role %I in database %I set enable_seqscan = off', name, current_database());
        execute format('alter role %I in database %I set jit = off', name, current_database());
    end loop;
    execute format('grant create on database %I to hearth_owner', current_database());
end $$;

alter role hearth_readonly set default_transaction_read_only = on;

commit;
