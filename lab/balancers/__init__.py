"""The load balancers between workers and masters: a file for each mode."""
