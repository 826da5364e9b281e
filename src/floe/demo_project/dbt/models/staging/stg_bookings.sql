-- depends_on: {{ ref('raw_bookings') }}
select
    booking_id,
    sailing_id,
    passenger_id,
    fare_class,
    seats,
    booked_on,
    channel
from {{ source('ticket_office', 'bookings') }}
