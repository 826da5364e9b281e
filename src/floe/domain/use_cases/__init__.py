"""Verbs: functions that take ports as keyword arguments, one verb per module."""
