select id as customer_id, email from {{ ref('raw_customers') }}
