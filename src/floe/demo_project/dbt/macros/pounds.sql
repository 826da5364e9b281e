{% macro pounds(pence) -%}
    cast({{ pence }} as {{ dbt.type_numeric() }}) / 100
{%- endmacro %}
