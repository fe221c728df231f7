"""What a timeline is made of: when each step is due, and what is done then."""
