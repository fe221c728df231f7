"""Two runs of suites, or two sets of them, side by side: what changed, and how sure that is."""
