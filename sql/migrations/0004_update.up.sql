-- What an update needs: the definition to go back to, and per resource what was last applied and by which traversal.
-- A traversal is one passage over all resources towards a definition: a creation is number 1, each update, each
-- rollback of one is the next.
\set ON_ERROR_STOP on
begin;
set local lock_timeout = '5s';
set local search_path = hearth;

alter table stack
    add column traversal                   bigint not null default 1,
    add column previous_template_digest    text, -- the definition that a rollback goes back to; null: there is none
    add column previous_environment_digest text,
    add column previous_sealed_environment text,
    add column previous_files_digest       text,
    add column previous_parameters         text,
    add column previous_description        text,
    add constraint stack_previous_template foreign key (previous_template_digest, tenant_id)
        references document (digest, tenant_id),
    add constraint stack_previous_environment foreign key (previous_environment_digest, tenant_id)
        references document (digest, tenant_id),
    add constraint stack_previous_files foreign key (previous_files_digest, tenant_id)
        references document (digest, tenant_id);
create index stack_previous_template on stack (tenant_id, previous_template_digest)
    where previous_template_digest is not null;
create index stack_previous_environment on stack (tenant_id, previous_environment_digest)
    where previous_environment_digest is not null;
create index stack_previous_files on stack (tenant_id, previous_files_digest) where previous_files_digest is not null;

alter table resource
    add column definition text,                      -- JSON map: what the template said beside the properties, resolved,
                                                     -- as last applied; sealed when sealed_columns; null: not known
    add column traversal  bigint not null default 0, -- that last made or changed it
    add column made_in    bigint not null default 0; -- traversal that made it

grant select (traversal, previous_template_digest, previous_environment_digest, previous_files_digest,
              previous_parameters, previous_description) on stack to hearth_readonly, hearth_purge;
grant select (traversal, made_in) on resource to hearth_readonly, hearth_purge;

insert into schema_migration (version, name) values (4, 'update');
commit;
