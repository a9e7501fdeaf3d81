-- Forgets what updates kept. Rows of resources that were replaced and not yet deleted stay.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

alter table resource
    drop column definition,
    drop column traversal,
    drop column made_in;
alter table stack
    drop column traversal,
    drop column previous_template_digest,
    drop column previous_environment_digest,
    drop column previous_sealed_environment,
    drop column previous_files_digest,
    drop column previous_parameters,
    drop column previous_description;

delete from schema_migration where version = 4;
commit;
