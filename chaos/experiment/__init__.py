"""Experiments as data: schema and loader."""
