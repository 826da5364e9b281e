select 1 as visit_id, table_name as page from {{ source('web', 'visits') }} limit 1
