"""Clients of what runs in a lab, as the harness needs them: no retries."""
