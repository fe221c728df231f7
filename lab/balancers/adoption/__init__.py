"""Fits a user's own balancer file to a lab.

Kept is what leads to the apiservers, and of that what is on a list of settings; its servers become
the masters, in order, its listener the frontend. All else is left out with a remark, or refused.
"""
