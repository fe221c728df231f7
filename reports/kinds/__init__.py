"""The kinds of runs: what is read of each, how it is judged, which pages it has."""
