select visit_id from {{ source('web', 'visits') }}
