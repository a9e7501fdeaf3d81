-- Software configurations as the API has them: name and group may be null, outputs are null until a server reported
-- some. Who acts for a stack's servers (a user of the stack's own project) reads the deployments meant for them.
-- The indexes are built in the transaction: before this version nothing wrote to these tables.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

alter table software_config
    alter column name drop not null,
    alter column grouping drop not null,
    alter column grouping drop default;

alter table software_deployment
    alter column output_values drop not null,
    alter column output_values drop default;

drop index software_config_list;
create index software_config_list on software_config (tenant_id, created_at desc, id desc);
create index software_deployment_list on software_deployment (tenant_id, created_at, id);
create index software_deployment_agent on software_deployment (stack_user_project_id, created_at, id)
    where stack_user_project_id is not null;

create policy agent_select on software_deployment for select to hearth_api
    using (stack_user_project_id = (select current_setting('hearth.tenant', true)));
create policy agent_select on software_config for select to hearth_api
    using (exists (select from software_deployment d
                   where d.config_id = software_config.id
                     and d.stack_user_project_id = (select current_setting('hearth.tenant', true))));

insert into schema_migration (version, name) values (3, 'software');
commit;
