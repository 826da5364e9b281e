select
    passengers.*,
    bookings.booking_id,
    bookings.sailing_date,
    bookings.from_harbour,
    bookings.to_harbour
from {{ ref('fct_bookings') }} as bookings
inner join {{ ref('stg_passengers') }} as passengers
    on bookings.passenger_id = passengers.passenger_id
where bookings.is_cancelled = 1
