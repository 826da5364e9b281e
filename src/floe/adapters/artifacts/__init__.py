"""Contract documents: floe-core JSON, its successor's JSON, and floe.yaml."""
