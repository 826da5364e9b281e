select count(*) as orders from {{ ref('fragile') }}
