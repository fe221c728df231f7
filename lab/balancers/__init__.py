"""What stands between workers and masters: one file a mode."""
