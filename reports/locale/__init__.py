"""The words of reports and console: one catalogue a language, and sentences as data."""
