"""Tables of packet rules: a table for each fault, so that faults compose; its undo deletes it."""

from __future__ import annotations

import subprocess

from lab.agent.refusal import RefusalError

TABLE_PREFIX = "halab_"


def nft(ruleset: str) -> None:
    """Apply one ruleset as one transaction."""
    done = subprocess.run(
        ["nft", "-f", "-"], input=ruleset, capture_output=True, text=True, check=False
    )
    check_accepted(done.returncode, done.stderr)


def check_accepted(returncode: int, error: str) -> None:
    """Raise ValueError when nft has refused a ruleset."""
    if returncode != 0:
        raise RefusalError("nft-refused", "nft refused the ruleset: {error}", error=error.strip())


def delete_table(table: str) -> None:
    """Delete a table of ours, if it exists."""
    nft(f"table inet {table} {{}}\ndelete table inet {table}\n")


def delete_our_tables() -> None:
    """Delete every table of ours, those of an agent that has died."""
    listed = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        name = line.split()[-1]
        if name.startswith(TABLE_PREFIX):
            delete_table(name)
