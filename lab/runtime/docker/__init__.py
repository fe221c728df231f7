"""Labs in containers. The SDK takes half a second to import: only `kind` is without it."""
