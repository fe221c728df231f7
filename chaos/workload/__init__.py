"""The operations of a trial: clients of a store, and what is in it in the end."""
