"""How nodes are made."""
