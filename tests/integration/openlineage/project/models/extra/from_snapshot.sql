select customer_id, dbt_valid_from, count(*) over () as versions
from {{ ref('customers_history') }}
