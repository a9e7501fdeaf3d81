-- The engines that report themselves.

-- name: service_list
-- One that was silent for more than two of its report intervals counts as down.
select v.id, v.binary_name, v.engine_id, v.host, v.hostname, v.topic, v.report_interval,
       to_char(v.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
       to_char(v.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
       to_char(v.deleted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
       case when now() - v.updated_at <= 2 * v.report_interval * interval '1 second' then 'up' else 'down' end
from service v
where v.deleted_at is null
order by v.created_at, v.id
