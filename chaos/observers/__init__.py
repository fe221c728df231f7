"""What is observed of a cluster beside its requests: leaders, leases, nodes, components."""
