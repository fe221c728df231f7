"""Proofs: what a fault may not do to data that etcd has acknowledged."""
