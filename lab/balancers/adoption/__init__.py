"""Adapts a user's own balancer file to a lab.

Its servers become the masters, in order, its listen address the frontend. Timeouts, weights, the
way of balancing and health checks are kept; settings that name things of the user's host (files,
users, sockets) are removed.
"""
