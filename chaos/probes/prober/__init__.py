"""The prober: a program that sends requests on an absolute schedule (see program.py)."""
