select
    bookings.*,
    routes.from_harbour,
    routes.to_harbour,
    {{ pounds('bookings.amount_pence') }} as amount_pounds
from {{ ref('int_priced_bookings') }} as bookings
inner join {{ ref('dim_routes') }} as routes
    on bookings.route_id = routes.route_id
