"""Proofs that nothing was lost: etcd alone, a workload, faults, and the same check at the end."""
