"""The modes of balancing: every file here is a mode and holds its BALANCER."""
