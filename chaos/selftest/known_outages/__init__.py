"""Outages that are exactly known, measured by the real prober: is the truth in the bracket?"""
