-- depends_on: {{ ref('raw_passengers') }}
select
    passenger_id,
    full_name,
    lower(trim(email)) as email,
    phone,
    home_harbour,
    is_islander,
    registered_on
from {{ source('ticket_office', 'passengers') }}
