"""The inside of floe: what it knows, without knowing who asks or who answers."""
