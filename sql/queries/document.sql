-- Documents: templates, environments and files maps.

-- name: document_put
insert into document (tenant_id, digest, body)
values ($1, $2, $3)
on conflict (tenant_id, digest) do nothing

-- name: document_get
select body
from document
where tenant_id = $1 and digest = $2
