select
    routes.route_id,
    departure.harbour_name as from_harbour,
    departure.island as from_island,
    arrival.harbour_name as to_harbour,
    arrival.island as to_island,
    routes.distance_nm,
    routes.crossing_minutes
from {{ ref('routes') }} as routes
inner join {{ ref('harbours') }} as departure
    on routes.from_harbour = departure.harbour_code
inner join {{ ref('harbours') }} as arrival
    on routes.to_harbour = arrival.harbour_code
