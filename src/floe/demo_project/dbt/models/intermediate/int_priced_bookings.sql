select
    bookings.booking_id,
    bookings.sailing_id,
    bookings.passenger_id,
    sailings.route_id,
    sailings.sailing_date,
    sailings.is_cancelled,
    bookings.fare_class,
    bookings.seats,
    bookings.channel,
    bookings.seats * fares.price_pence as amount_pence
from {{ ref('stg_bookings') }} as bookings
inner join {{ ref('stg_sailings') }} as sailings
    on bookings.sailing_id = sailings.sailing_id
inner join {{ ref('fares') }} as fares
    on
        sailings.route_id = fares.route_id
        and bookings.fare_class = fares.fare_class
