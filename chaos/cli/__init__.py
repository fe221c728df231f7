"""The command line, thin: parse, call, print, exit code."""
