{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='sold_at',
    begin='2026-01-01',
    batch_size='day',
) }}
select id, sold_at, case when amount < 0 then error('a negative amount: ' || amount) else amount end as amount
from {{ source('till', 'sales') }}
