with bookings as (
    select
        passenger_id,
        count(*) as bookings,
        sum(amount_pence) as spent_pence
    from {{ ref('int_priced_bookings') }}
    where is_cancelled = 0
    group by passenger_id
)

select
    passengers.passenger_id,
    {{ dbt.hash('passengers.email') }} as email_digest,
    harbours.island as home_island,
    passengers.is_islander,
    passengers.registered_on,
    coalesce(bookings.bookings, 0) as bookings,
    {{ pounds('coalesce(bookings.spent_pence, 0)') }} as spent_pounds
from {{ ref('stg_passengers') }} as passengers
left join {{ ref('harbours') }} as harbours
    on passengers.home_harbour = harbours.harbour_code
left join bookings
    on passengers.passenger_id = bookings.passenger_id
