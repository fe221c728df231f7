"""How late a balancer reacts to a master, read from its file: upper bounds in seconds."""
