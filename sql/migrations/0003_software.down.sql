-- What was null becomes what the older columns start with. The owner sees no tenant's rows while row security is
-- forced, hence the steps around the updates.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

drop policy agent_select on software_config;
drop policy agent_select on software_deployment;

drop index software_deployment_agent;
drop index software_deployment_list;
drop index software_config_list;
create index software_config_list on software_config (tenant_id, created_at desc, id);

alter table software_config no force row level security;
alter table software_deployment no force row level security;
update software_config set name = coalesce(name, ''), grouping = coalesce(grouping, 'Heat::Ungrouped')
where name is null or grouping is null;
update software_deployment set output_values = '{}' where output_values is null;
alter table software_config force row level security;
alter table software_deployment force row level security;

alter table software_deployment
    alter column output_values set default '{}',
    alter column output_values set not null;

alter table software_config
    alter column grouping set default 'Heat::Ungrouped',
    alter column grouping set not null,
    alter column name set not null;

delete from schema_migration where version = 3;
commit;
