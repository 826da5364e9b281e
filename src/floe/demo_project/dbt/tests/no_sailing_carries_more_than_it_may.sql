select
    sailings.sailing_id,
    sailings.passenger_capacity,
    sum(bookings.seats) as seats
from {{ ref('fct_sailings') }} as sailings
inner join {{ ref('fct_bookings') }} as bookings
    on sailings.sailing_id = bookings.sailing_id
where bookings.fare_class <> 'car'
group by
    sailings.sailing_id,
    sailings.passenger_capacity
having sum(bookings.seats) > sailings.passenger_capacity
