"""A suite and its trials: one execution of each, on labs of their own."""
