"""floe beside its peers, measured in alternation on one machine."""
