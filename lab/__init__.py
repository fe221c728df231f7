"""The cluster under test: its plan, its nodes, its components."""
