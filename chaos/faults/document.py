"""The faults there are, as people read of them: `halab faults`, and docs/faults.md.

`python -m chaos.faults.document > docs/faults.md` writes the latter.
"""

from __future__ import annotations

from chaos.faults.registry import kinds

HEAD = """# Faults

Made by `python -m chaos.faults.document` from chaos/faults; a test holds it equal.

In a suite: `{fault: KIND, target: SELECTOR, for_s: SECONDS}`, and the fault's parameters as further
keys. By hand: `halab inject KIND TARGET --PARAM VALUE [--for S]`. A fault is confirmed by a node
that no running fault touches and that saw the target answer just before; after the heal the target
must answer again. `halab runtimes` shows which runtime has which capability.
"""


def rows() -> list[list[str]]:
    """Return the table of `halab faults`, heading first."""
    table = [["fault", "parameters", "what is seen", "capability", "what it is"]]
    for kind in kinds().values():
        parameters = [
            f"{one.name} ({one.type}): {one.help}{one.default and f'; else {one.default}'}"
            for one in kind.parameters
        ]
        table.append([kind.name, ". ".join(parameters), kind.seen, kind.capability, kind.help])
    return table


def markdown() -> str:
    """Return docs/faults.md."""
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in rows()]
    heading, *lines = [f"| {' | '.join(row)} |" for row in escaped]
    return "\n".join([HEAD, heading, "|---|---|---|---|---|", *lines, ""])


if __name__ == "__main__":
    print(markdown(), end="")
