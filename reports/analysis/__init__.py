"""Pure functions from histories to figures and verdicts."""
