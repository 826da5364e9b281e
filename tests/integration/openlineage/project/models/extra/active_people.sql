{{ config(materialized='ephemeral') }}
select id, email, first_name || ' ' || last_name as full_name from {{ source('lake', 'people') }}
where email is not null
