"""Answers: one module or folder per technology; adapters do not know each other."""
