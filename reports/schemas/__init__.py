"""The published JSON schemas, as files. `python -m reports.schemas` writes them anew."""
