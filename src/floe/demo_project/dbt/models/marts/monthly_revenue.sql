with by_month as (
    select
        cast({{ dbt.date_trunc('month', 'sailing_date') }} as date) as revenue_month,
        route_id,
        fare_class,
        seats,
        amount_pounds
    from {{ ref('fct_bookings') }}
    where is_cancelled = 0
)

select
    revenue_month,
    route_id,
    fare_class,
    sum(seats) as seats,
    sum(amount_pounds) as revenue_pounds
from by_month
group by
    revenue_month,
    route_id,
    fare_class
