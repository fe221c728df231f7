"""Small labs that are killed at seeded moments, and proof that the machine is then as before."""
