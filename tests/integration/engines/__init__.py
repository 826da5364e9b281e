"""dbt for real, through each vendor's own adapter and driver."""
