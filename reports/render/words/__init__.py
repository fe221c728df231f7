"""The words of the reports, in English and in Chinese."""
