-- depends_on: {{ ref('raw_sailing_log') }}
select
    sailing_id,
    route_id,
    vessel_id,
    sailing_date,
    departs_at,
    case when status = 'cancelled' then 1 else 0 end as is_cancelled,
    delay_minutes,
    wind_beaufort
from {{ source('ticket_office', 'sailing_log') }}
