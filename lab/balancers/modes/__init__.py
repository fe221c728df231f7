"""The modes of balancing: every file here is one, and has its BALANCER."""
