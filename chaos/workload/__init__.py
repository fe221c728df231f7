"""The operations of a trial: clients of a store, and the final state of the store."""
