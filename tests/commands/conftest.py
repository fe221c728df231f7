"""The command line in this process: see tests.command_line."""

from tests.command_line import abandoned, halab, home, opened

__all__ = ["abandoned", "halab", "home", "opened"]
