{# BigQuery has no append; there a merge without a key is the same. #}
{{ config(
    materialized='incremental',
    incremental_strategy='merge' if target.type == 'bigquery' else 'append'
) }}

select
    sailings.sailing_id,
    sailings.route_id,
    sailings.vessel_id,
    sailings.sailing_date,
    sailings.is_cancelled,
    sailings.delay_minutes,
    sailings.wind_beaufort,
    case
        when sailings.delay_minutes <= {{ var('punctual_within_minutes') }} then 1
        else 0
    end as is_punctual,
    vessels.passenger_capacity,
    vessels.car_capacity
from {{ ref('stg_sailings') }} as sailings
inner join {{ ref('vessels') }} as vessels
    on sailings.vessel_id = vessels.vessel_id
{% if is_incremental() %}
where sailings.sailing_date > (select max(known.sailing_date) from {{ this }} as known)
{% endif %}
