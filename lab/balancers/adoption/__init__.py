"""A user's own balancer file, fitted to a lab: listens at the frontend, balances its masters.

Its servers become the masters in their order, its listen address the frontend. Timeouts, weights,
the way of balancing and health checks stay as they are; what names things of the user's host
(files, users, sockets) does not.
"""
