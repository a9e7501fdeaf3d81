-- Everything that Hearth knows goes with the tables; monthly partitions of event are dropped with it.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

drop table service;
drop table software_deployment, software_config;
drop table snapshot;
drop table event;
drop sequence event_seq;
drop table operation, resource, stack_tag, stack, document;
drop table credential;
drop table login_failure, token, application_credential, identity_grant, identity_user, tenant;

delete from schema_migration where version = 1;
commit;
