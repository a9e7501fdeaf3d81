-- Who may do what, beyond the wall.
\set QUIET on
\pset format unaligned
\pset tuples_only on
set client_min_messages = warning;
begin;
set local search_path = hearth, public;
select no_plan();

select ok(not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb), rolname || ' has no attribute that goes past grants')
from pg_roles where rolname ~ '^hearth_' order by rolname;
select ok(not has_schema_privilege(rolname, 'hearth', 'create'), rolname || ' creates nothing in the schema')
from pg_roles where rolname ~ '^hearth_' and rolname <> 'hearth_owner' order by rolname;
select is(count(*), 0::bigint, 'public has no grants')
from information_schema.role_table_grants where table_schema = 'hearth' and grantee = 'PUBLIC';
select is(count(*), 0::bigint, 'no function that acts for its owner is open to public')
from pg_proc where pronamespace = 'hearth'::regnamespace and prosecdef and has_function_privilege('public', oid, 'execute');
select is(array_to_string(proconfig, ' ') ~ 'search_path=hearth, pg_temp', true, proname || ' has a search_path of its own')
from pg_proc where pronamespace = 'hearth'::regnamespace and prosecdef;

-- hearth_api: these and no other deletions, truncations nowhere.
select bag_eq(
    $$select relname::text from pg_class where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p')
      and has_table_privilege('hearth_api', oid, 'delete')$$,
    array['stack_tag', 'snapshot', 'software_config', 'software_deployment', 'application_credential', 'token',
          'login_failure'], 'hearth_api deletes from these tables only');
select bag_eq(
    $$select relname::text from pg_class where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p')
      and not has_table_privilege('hearth_api', oid, 'insert')$$,
    $$select unnest(array['service', 'schema_migration', 'tenant', 'identity_user', 'identity_grant'])
      union all select relname::text from pg_class where relnamespace = 'hearth'::regnamespace and relispartition
      and relkind = 'r'$$, 'hearth_api inserts into all but these');
select is(count(*), 0::bigint, 'nobody but the owner truncates, references or makes triggers')
from information_schema.role_table_grants
where table_schema = 'hearth' and grantee <> 'hearth_owner' and privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER');
select ok(not has_table_privilege(role, 'hearth.' || name, 'insert, update, delete'), role || ' does not write ' || name)
from unnest(array['hearth_api', 'hearth_readonly', 'hearth_engine', 'hearth_purge']) as role,
     unnest(array['schema_migration']) as name;
select ok(not has_table_privilege('hearth_engine', 'hearth.' || name, 'delete'), 'hearth_engine does not delete from ' || name)
from unnest(array['stack', 'operation', 'document']) as name;

-- hearth_readonly: nothing but select, and no secret. Whatever is called like a secret must not be readable.
select is(count(*), 0::bigint, 'hearth_readonly only selects')
from information_schema.role_table_grants
where table_schema = 'hearth' and grantee = 'hearth_readonly' and privilege_type <> 'SELECT';
select ok(not has_column_privilege(role, attrelid, attname, 'select'), format('%s does not read %s.%s', role, relname, attname))
from pg_class join pg_attribute on attrelid = pg_class.oid,
     unnest(array['hearth_readonly', 'hearth_purge']) as role
where relnamespace = 'hearth'::regnamespace and relkind in ('r', 'p') and attnum > 0
  and (attname ~ '(seal|secret|hash|password)' and attname <> 'sealed_columns'
       or relname || '.' || attname in ('token.digest', 'document.body', 'stack.outputs', 'resource.properties',
                                        'resource.attributes', 'resource.data', 'resource.progress',
                                        'operation.input', 'snapshot.data', 'software_config.config',
                                        'software_deployment.input_values', 'software_deployment.output_values',
                                        'idempotency_key.digest', 'idempotency_key.request', 'idempotency_key.reply'))
order by 1;
set local role hearth_readonly;
select throws_ok('select sealed from credential', '42501', null, 'hearth_readonly is refused a sealed column');
select throws_ok('select * from resource', '42501', null, 'hearth_readonly is refused * of a table with secrets');
select lives_ok('select id, name, status, news from stack', 'hearth_readonly reads stacks');
reset role;
set local role hearth_api;
select throws_ok('select sealed from credential', '42501', null, 'hearth_api is refused the credentials it stored');
select throws_ok('delete from stack', '42501', null, 'hearth_api is refused to delete stacks');
select throws_ok('update service set host = host', '42501', null, 'hearth_api is refused to change services');
select throws_ok('select event_partitions_ensure(1)', '42501', null, 'hearth_api makes no partitions');
reset role;
select is(count(*), 0::bigint, 'none of the roles is a member of another')
from pg_auth_members where roleid::regrole::text ~ '^hearth_' or member::regrole::text ~ '^hearth_';
select is(array_agg(setrole::regrole::text order by setrole::regrole::text),
          array['hearth_engine', 'hearth_purge'], 'the roles that delete in bulk read no table from end to end')
from pg_db_role_setting
where setdatabase = (select oid from pg_database where datname = current_database()) and 'enable_seqscan=off' = any (setconfig);

select finish();
rollback;
