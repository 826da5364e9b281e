"""Nouns: frozen values and pure rules, one noun per module."""
