"""After the fact: histories, their analysis and their reports."""
