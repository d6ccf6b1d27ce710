"""Frozen values that every layer shares: tables, offsets, changes."""
