"""Somebody's document, held against reality: its statements, what decides each, and the runs."""
