"""Run dbt under an orchestrator: a contract in; profiles, assets, lineage and traces out."""
