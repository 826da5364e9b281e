"""Delivery: the durable outbox, the sender that drains it, and the last step out."""
