"""The program that runs on every node. Standard library only, Python 3.9 up."""
