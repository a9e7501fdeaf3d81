-- The frame of every transaction: what db.c sends around the statements of others.

-- name: db_begin
begin

-- name: db_begin_read
begin read only

-- name: db_session
-- Once for each connection that is ours alone: the statement timeout in milliseconds.
select set_config('statement_timeout', $1, false)

-- name: db_context
-- Tenant that row security lets through, for this transaction only.
select set_config('hearth.tenant', $1, true)

-- name: db_context_pooled
-- The same behind a transaction pooler, where every transaction brings its statement timeout along: the session
-- belongs to somebody else before and after.
select set_config('hearth.tenant', $1, true), set_config('statement_timeout', $2, true)

-- name: db_commit
commit

-- name: db_rollback
rollback

-- name: db_flush
-- Nothing, behind what was queued: its answer says that all of that went well.
select 1
