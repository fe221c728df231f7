"""The kinds of runs, one file each: what is read, what it shows, which pages it has."""
