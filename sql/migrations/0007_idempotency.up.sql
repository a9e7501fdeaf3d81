-- Replies that are kept for requests sent with an Idempotency-Key, so that the same request again gets the same reply.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

create table idempotency_key (
    tenant_id  text not null,
    user_id    text not null,             -- keys of two users never meet
    digest     text not null,             -- BLAKE2b-256 of the key, hex
    request    text not null,             -- the same of method, path, query and body
    reply      text,                      -- JSON: status, headers, body; sealed. Null only inside of the transaction
                                          -- that carries the request out
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (tenant_id, user_id, digest)
);
create index idempotency_key_expires on idempotency_key (expires_at);

alter table idempotency_key enable row level security;
alter table idempotency_key force row level security;
create policy api_select on idempotency_key for select to hearth_api
    using (tenant_id = (select current_setting('hearth.tenant', true))
           or (select current_setting('hearth.tenant', true)) = '*');
create policy api_insert on idempotency_key for insert to hearth_api
    with check (tenant_id = (select current_setting('hearth.tenant', true)));
create policy api_update on idempotency_key for update to hearth_api
    using (tenant_id = (select current_setting('hearth.tenant', true)))
    with check (tenant_id = (select current_setting('hearth.tenant', true)));
create policy engine on idempotency_key to hearth_engine using (true) with check (true);
create policy readonly on idempotency_key for select to hearth_readonly using (true);
create policy purge_select on idempotency_key for select to hearth_purge using (true);
create policy purge_delete on idempotency_key for delete to hearth_purge using (true);

grant select, insert, update on idempotency_key to hearth_api;
grant select, delete on idempotency_key to hearth_engine;
grant select (tenant_id, user_id, created_at, expires_at) on idempotency_key to hearth_readonly, hearth_purge;
grant delete on idempotency_key to hearth_purge;

insert into schema_migration (version, name) values (7, 'idempotency');
commit;
