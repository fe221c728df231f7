"""The shipped catalogue of experiments."""
