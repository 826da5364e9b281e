{{ config(materialized='incremental', unique_key='day') }}
select '{{ var("day", "2026-01-01") }}' as day, count(*) as orders from {{ ref('stg_orders') }}
