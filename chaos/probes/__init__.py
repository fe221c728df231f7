"""The prober, a program of its own that runs on a worker, and its series."""
