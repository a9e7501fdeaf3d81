-- Signals that wait for steps of their resource's hooks, one operation of them at a time per stack; and breakpoints.
-- The index on operation is built in the transaction: rows that are over are not in it.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

create sequence signal_seq as bigint;
create table resource_signal (
    id          uuid primary key default gen_random_uuid(),
    seq         bigint not null default nextval('signal_seq'), -- order in which a resource takes them
    tenant_id   text not null,
    stack_id    uuid not null references stack on delete cascade,
    resource_id uuid not null references resource on delete cascade,
    details     text,        -- JSON as it came; null: none
    progress    text,        -- JSON map: where its step stands; sealed where the stack has secrets
    due_at      timestamptz, -- when the step is to be looked at again
    created_at  timestamptz not null default now()
);
create index resource_signal_stack on resource_signal (stack_id, seq);
create index resource_signal_resource on resource_signal (resource_id);
create index resource_signal_tenant on resource_signal (tenant_id, stack_id);

create unique index operation_signal on operation (stack_id)
    where action = 'SIGNAL' and state in ('PENDING', 'RUNNING');

-- resource.hook names the breakpoint: one that it waits at, or one that was cleared and is not passed yet.
alter table resource
    add column hook_cleared   boolean not null default false,
    add column hook_operation uuid; -- operation that waits

do $$
declare
    own constant text := 'tenant_id = (select current_setting(''hearth.tenant'', true))';
    any_tenant constant text := '(select current_setting(''hearth.tenant'', true)) = ''*''';
begin
    alter table resource_signal enable row level security;
    alter table resource_signal force row level security;
    execute format('create policy api_select on resource_signal for select to hearth_api using (%s or %s)', own, any_tenant);
    execute format('create policy api_insert on resource_signal for insert to hearth_api with check (%s)', own);
    execute format('create policy api_update on resource_signal for update to hearth_api using (%s) with check (%s)',
                   own, own);
    execute format('create policy api_delete on resource_signal for delete to hearth_api using (%s)', own);
    create policy engine on resource_signal to hearth_engine using (true) with check (true);
    create policy readonly on resource_signal for select to hearth_readonly using (true);
    create policy purge_select on resource_signal for select to hearth_purge using (true);
    create policy purge_delete on resource_signal for delete to hearth_purge using (true);
end $$;

grant usage on sequence signal_seq to hearth_api, hearth_engine;
grant select, insert on resource_signal to hearth_api;
grant select, insert, update, delete on resource_signal to hearth_engine;
grant select (id, seq, tenant_id, stack_id, resource_id, due_at, created_at) on resource_signal
    to hearth_readonly, hearth_purge;
grant delete on resource_signal to hearth_purge;
grant select (hook_cleared, hook_operation) on resource to hearth_readonly, hearth_purge;

insert into schema_migration (version, name) values (6, 'signals');
commit;
