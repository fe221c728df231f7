"""The pinned binaries: which version, and where they come from."""
