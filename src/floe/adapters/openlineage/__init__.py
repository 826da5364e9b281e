"""OpenLineage: events, facets, dataset names and column lineage."""
