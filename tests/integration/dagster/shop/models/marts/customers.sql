select c.customer_id, c.email, coalesce(t.total, 0) as total
from {{ ref('stg_customers') }} c left join {{ ref('totals') }} t using (customer_id)
