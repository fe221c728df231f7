"""Labs in containers. Only `driver` is without the SDK."""
