"""Actions: what is done without an undo, one file each."""
