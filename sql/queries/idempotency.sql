-- Requests sent with an Idempotency-Key (fcgi/idempotency.h): $1 tenant, $2 user, $3 digest of the key.
-- roles from here on: hearth_api

-- name: idempotency_find
select request, reply
from idempotency_key
where tenant_id = $1 and user_id = $2 and digest = $3 and expires_at > now()

-- name: idempotency_claim
-- In the transaction that carries the request out. Waits for another one with the same key; no row: that one was
-- carried out. $4 digest of the request, $5 milliseconds the reply is kept.
insert into idempotency_key (tenant_id, user_id, digest, request, expires_at)
values ($1, $2, $3, $4, now() + $5::bigint * interval '1 millisecond')
on conflict (tenant_id, user_id, digest) do update
set request = excluded.request, reply = null, created_at = now(), expires_at = excluded.expires_at
where idempotency_key.expires_at <= now()
returning true

-- name: idempotency_store
update idempotency_key
set reply = $4
where tenant_id = $1 and user_id = $2 and digest = $3

-- name: idempotency_purge
-- roles: hearth_engine
delete from idempotency_key where expires_at <= now()
