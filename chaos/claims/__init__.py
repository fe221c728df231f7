"""The claims of a document: its statements, the checks that decide them, and the runs."""
