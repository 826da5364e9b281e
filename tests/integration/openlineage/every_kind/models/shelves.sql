{% if var('uncompilable', false) %}{{ exceptions.raise_compiler_error('no such shelf') }}{% endif %}
select 1 as shelf
