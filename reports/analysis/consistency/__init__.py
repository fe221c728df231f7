"""Whether a history of operations is linearizable, and whether anything was lost."""
