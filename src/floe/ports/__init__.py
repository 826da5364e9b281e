"""Promises: one Protocol per module, named for its role; no behaviour, no technology."""
