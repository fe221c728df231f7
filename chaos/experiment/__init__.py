"""Experiments as data: their YAML, its checks, and the plan that is recorded."""
