{{ config(enabled=var('broken')) }}
select * from {{ ref('breaks') }}
