{{ config(materialized='incremental', unique_key='order_id') }}
select order_id, amount, current_timestamp as loaded_at from {{ ref('orders') }}
{% if is_incremental() %} where order_id > (select max(order_id) from {{ this }}) {% endif %}
