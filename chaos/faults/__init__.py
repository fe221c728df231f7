"""What breaks: one file a fault, and the one way to put any of them in and take it back."""
