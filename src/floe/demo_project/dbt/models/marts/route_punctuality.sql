select
    routes.route_id,
    routes.from_harbour,
    routes.to_harbour,
    count(*) as sailings,
    sum(sailings.is_cancelled) as cancelled,
    avg(case when sailings.is_cancelled = 0 then sailings.is_punctual * 1.0 end) as punctual_share,
    max(sailings.delay_minutes) as worst_delay_minutes
from {{ ref('fct_sailings') }} as sailings
inner join {{ ref('dim_routes') }} as routes
    on sailings.route_id = routes.route_id
group by
    routes.route_id,
    routes.from_harbour,
    routes.to_harbour
