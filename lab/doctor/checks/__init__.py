"""The checks of `halab doctor`: a file for each group, whose CHECKS are rows."""
