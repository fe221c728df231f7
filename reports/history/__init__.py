"""The run directory: schema, writer, reader."""
