"""Whether what halab says can be believed on this machine: it is tried on what is known."""
