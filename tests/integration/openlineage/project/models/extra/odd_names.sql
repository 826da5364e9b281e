{{ config(materialized='table') }}
select
    id as "Person Id",
    full_name as "select",
    row_number() over (partition by email order by id) as "N°",
    'constant' as kind
from {{ ref('active_people') }}
union all
select customer_id, contact, 0, 'other' from {{ ref('customers') }}
