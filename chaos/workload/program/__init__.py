"""The clients, as they run on a worker. Standard library only, Python 3.9 up."""
