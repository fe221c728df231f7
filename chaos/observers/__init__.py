"""What is seen of a cluster beside its requests: leaders, leases, nodes, components."""
