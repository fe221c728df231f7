"""What can be done to a node: every file here has FAULTS, kind -> what makes such a fault."""
