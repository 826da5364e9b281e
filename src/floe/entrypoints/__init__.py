"""Doors: parse, build the container, call one use case, report."""
