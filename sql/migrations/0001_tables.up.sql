-- The tables. Identifiers that users see are uuid version 4; order in time is kept by sequences and timestamps.
-- Documents that Hearth only passes on or parses as a whole are text (JSON with its key order), never jsonb.
-- tenant_id leads every index that a tenant's request goes through; 0002 adds row security and grants on top.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

-- ---- who ---------------------------------------------------------------------------------------------------------

-- A project of the standalone identity. With Keystone the table stays empty: tenant_id columns hold Keystone's ids.
create table tenant (
    id          text primary key,
    name        text not null unique,
    description text not null default '',
    enabled     boolean not null default true,
    created_at  timestamptz not null default now()
);

create table identity_user (
    id            text primary key,
    name          text not null unique,
    password_hash text not null,          -- crypt(3), yescrypt
    enabled       boolean not null default true,
    created_at    timestamptz not null default now()
);

create table identity_grant (
    user_id   text not null references identity_user on delete cascade,
    tenant_id text not null references tenant on delete cascade,
    role      text not null,
    primary key (user_id, tenant_id, role)
);
create index identity_grant_tenant on identity_grant (tenant_id);

create table application_credential (
    id           text primary key,
    name         text not null,
    user_id      text not null references identity_user on delete cascade,
    tenant_id    text not null references tenant on delete cascade,
    secret_hash  text not null,           -- crypt(3)
    roles        text[] not null,
    unrestricted boolean not null default false, -- may make and delete others of its kind
    description  text,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz,
    unique (user_id, name)
);
create index application_credential_tenant on application_credential (tenant_id);

create table token (
    digest     text primary key,          -- keyed digest; the token itself is never stored
    audit_id   text not null,
    user_id    text not null references identity_user on delete cascade,
    tenant_id  text references tenant on delete cascade, -- null: unscoped
    roles      text[] not null,
    methods    text[] not null,
    application_credential_id text references application_credential on delete cascade, -- the one it was got with
    issued_at  timestamptz not null default now(),
    expires_at timestamptz not null
);
create index token_application_credential on token (application_credential_id)
    where application_credential_id is not null;
create index token_user on token (user_id);
create index token_tenant on token (tenant_id);
create index token_expires on token (expires_at);

-- Failed logins, counted per user name and window, so that guessing is slowed on every host alike.
create table login_failure (
    user_name    text primary key,
    failures     integer not null,
    window_start timestamptz not null
);

-- Credentials the engine acts with after the request is over (Keystone trusts), sealed.
create table credential (
    id         uuid primary key,
    tenant_id  text not null,
    kind       text not null check (kind in ('trust', 'stack_user')),
    sealed     text not null,
    created_at timestamptz not null default now()
);
create index credential_tenant on credential (tenant_id);

-- ---- what --------------------------------------------------------------------------------------------------------

-- Templates, environments and files maps, content-addressed: a tree of stacks shares one row.
create table document (
    tenant_id  text not null,
    digest     text not null,             -- BLAKE2b-256 of body, hex
    body       text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, digest)
);

create table stack (
    id                    uuid primary key,
    tenant_id             text not null,
    name                  text not null,
    owner                 text not null,              -- user name, shown as stack_owner
    owner_id              text not null,
    parent_id             uuid references stack,
    parent_resource       text,
    root_id               uuid not null,
    nested_depth          smallint not null default 0,
    action                text not null check (action in ('CREATE', 'DELETE', 'UPDATE', 'ROLLBACK', 'SUSPEND', 'RESUME',
                                                          'ADOPT', 'SNAPSHOT', 'CHECK', 'RESTORE')),
    status                text not null check (status in ('IN_PROGRESS', 'COMPLETE', 'FAILED')),
    status_reason         text not null,
    created_at            timestamptz not null default now(),
    updated_at            timestamptz,
    deleted_at            timestamptz,
    timeout_mins          integer,
    disable_rollback      boolean not null,
    protected             boolean not null default false,
    description           text not null,              -- of the template
    template_digest       text not null,
    environment_digest    text not null,              -- hidden values masked; the real ones are in sealed_environment
    sealed_environment    text,                       -- the whole environment, sealed; null when nothing is hidden
    files_digest          text not null,
    parameters            text not null,              -- JSON map as shown: strings, hidden ones masked
    outputs               text not null default '[]', -- JSON list as shown; sealed when a parameter is hidden
    tags                  text,                       -- JSON list as shown; null: none
    stack_user_project_id text,
    credential_id         uuid references credential,
    revision              bigint not null default 1,  -- of this row, for ETag
    foreign key (tenant_id, template_digest) references document (tenant_id, digest),
    foreign key (tenant_id, environment_digest) references document (tenant_id, digest),
    foreign key (tenant_id, files_digest) references document (tenant_id, digest)
);
create unique index stack_name on stack (tenant_id, name) where deleted_at is null;
create index stack_list on stack (tenant_id, created_at desc, id desc) where deleted_at is null and parent_id is null;
create index stack_status on stack (tenant_id, status, created_at desc, id desc) where deleted_at is null and parent_id is null;
create index stack_list_all on stack (tenant_id, created_at desc, id desc);
create index stack_parent on stack (parent_id) where parent_id is not null;
create index stack_root on stack (tenant_id, root_id);
create index stack_credential on stack (credential_id) where credential_id is not null;
create index stack_deleted on stack (deleted_at) where deleted_at is not null;
create index stack_template on stack (tenant_id, template_digest);
create index stack_environment on stack (tenant_id, environment_digest);
create index stack_files on stack (tenant_id, files_digest);

create table stack_tag (
    tenant_id text not null,
    tag       text not null,
    stack_id  uuid not null references stack on delete cascade,
    primary key (tenant_id, tag, stack_id)
);
create index stack_tag_stack on stack_tag (stack_id);

create table resource (
    id              uuid primary key,
    tenant_id       text not null,
    stack_id        uuid not null references stack on delete cascade,
    name            text not null,
    type            text not null,
    physical_id     text,
    physical_name   text,                        -- chosen before the first attempt: the marker to find it by
    action          text not null check (action in ('INIT', 'CREATE', 'DELETE', 'UPDATE', 'ROLLBACK', 'SUSPEND', 'RESUME',
                                                    'ADOPT', 'SNAPSHOT', 'CHECK')),
    status          text not null check (status in ('IN_PROGRESS', 'COMPLETE', 'FAILED')),
    status_reason   text not null default '',
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    description     text not null default '',
    properties      text,                        -- JSON map, resolved, as last applied; sealed when sealed_columns
    attributes      text,                        -- JSON map of what is known; sealed when sealed_columns
    metadata        text not null default '{}',  -- JSON map as shown
    data            text,                        -- JSON map, the type's private state (signals received, …); sealed when sealed_columns
    sealed_columns  boolean not null default false,
    requires        text[] not null default '{}', -- names of resources this one was built on: deletion goes the other way
    required_by     text not null default '[]',  -- JSON list as shown
    deletion_policy text not null default 'Delete' check (deletion_policy in ('Delete', 'Retain', 'Snapshot')),
    due_at          timestamptz,                 -- when a waiting step is to be looked at again
    progress        text,                        -- JSON map: where a step of several calls stands
    attempt_id      uuid,                        -- intent, committed before the first call of an attempt
    attempt         integer not null default 0,
    superseded_by   uuid references resource,    -- set once a replacement stands in its place
    nested_id       uuid,                        -- stack that this resource is, if it is one
    hook            text                         -- breakpoint it waits at
);
create unique index resource_name on resource (stack_id, name) where superseded_by is null;
create index resource_tenant on resource (tenant_id, stack_id, name);
create index resource_stack on resource (stack_id); -- all of them, for the cascade from stack
create index resource_superseded on resource (superseded_by) where superseded_by is not null;
create index resource_physical on resource (tenant_id, physical_id) where physical_id is not null;
create index resource_nested on resource (nested_id) where nested_id is not null;

create table operation (
    id          uuid primary key,
    tenant_id   text not null,
    stack_id    uuid not null references stack on delete cascade,
    action      text not null,                   -- CREATE, DELETE, UPDATE …: as in stack.action
    state       text not null default 'PENDING' check (state in ('PENDING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
    reason      text not null default '',
    request_id  text not null,                   -- of the request that asked for it
    input       text not null default '{}',      -- JSON map: what the request asked for beyond the stack's row
    created_at  timestamptz not null default now(),
    started_at  timestamptz,
    finished_at timestamptz,
    deadline_at timestamptz,                     -- stack timeout
    wake_at     timestamptz not null default now(), -- nothing to do before
    engine_id   uuid,                            -- who holds it …
    lease_until timestamptz,                     -- … and until when
    fence       bigint not null default 0        -- raised at each claim; every write of an engine carries it
);
create unique index operation_running on operation (stack_id) where state = 'RUNNING';
create index operation_claim on operation (wake_at) where state in ('PENDING', 'RUNNING');
create index operation_stack on operation (tenant_id, stack_id, created_at desc);
create index operation_stack_only on operation (stack_id);

create sequence event_seq as bigint;
create table event (
    tenant_id     text not null,
    stack_id      uuid not null,
    seq           bigint not null default nextval('event_seq'), -- order of events of one stack
    id            uuid not null,
    created_at    timestamptz not null default now(),
    operation_id  uuid,
    resource_name text not null,
    resource_type text not null,
    physical_id   text,
    action        text not null,
    status        text not null,
    reason        text not null default '',
    properties    text,                          -- JSON map as shown by "event show"; secrets masked
    primary key (tenant_id, stack_id, seq, created_at)
) partition by range (created_at);
create index event_id on event (tenant_id, stack_id, id);
create table event_default partition of event default;

create table snapshot (
    id            uuid primary key,
    tenant_id     text not null,
    stack_id      uuid not null references stack on delete cascade,
    name          text,
    status        text not null check (status in ('IN_PROGRESS', 'COMPLETE', 'FAILED')),
    status_reason text not null default '',
    data          text,                          -- JSON, sealed
    created_at    timestamptz not null default now()
);
create index snapshot_stack on snapshot (tenant_id, stack_id, created_at);
create index snapshot_stack_only on snapshot (stack_id);

create table software_config (
    id         uuid primary key,
    tenant_id  text not null,
    name       text not null,
    grouping   text not null default 'Heat::Ungrouped',
    config     text not null,                    -- JSON map: inputs, outputs, options, config
    created_at timestamptz not null default now()
);
create index software_config_list on software_config (tenant_id, created_at desc, id);

create table software_deployment (
    id              uuid primary key,
    tenant_id       text not null,
    server_id       text not null,
    config_id       uuid not null references software_config,
    stack_user_project_id text,
    action          text,
    status          text,
    status_reason   text,
    input_values    text not null default '{}',
    output_values   text not null default '{}',
    created_at      timestamptz not null default now(),
    updated_at      timestamptz
);
create index software_deployment_server on software_deployment (tenant_id, server_id);
create index software_deployment_config on software_deployment (config_id);

-- ---- who does it -------------------------------------------------------------------------------------------------

create table service (
    id              uuid primary key,
    engine_id       uuid not null unique,
    host            text not null,
    hostname        text not null,
    binary_name     text not null,
    topic           text not null default 'engine',
    report_interval integer not null,            -- seconds
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    deleted_at      timestamptz
);

insert into schema_migration (version, name) values (1, 'tables');
commit;
