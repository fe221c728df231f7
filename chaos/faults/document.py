"""All faults as a table: `halab faults`, and docs/faults.md.

`python -m chaos.faults.document > docs/faults.md` writes the latter.
"""

from __future__ import annotations

from chaos.faults.registry import fault_kinds

HEAD = """# Faults

Made by `python -m chaos.faults.document` from chaos/faults; a test holds it equal.

In a suite: `{fault: KIND, target: SELECTOR, for_s: SECONDS}`, and the fault's parameters as further
keys. By hand: `halab inject KIND TARGET --PARAM VALUE [--for S]`. A fault is confirmed by a node
that no running fault touches and to which the target answered just before; after the heal the
target must answer again. `halab runtimes` shows which runtime has which capability.
"""


def rows() -> list[list[str]]:
    """Return the table of `halab faults`, heading first."""
    table = [["fault", "parameters", "effect", "capability", "what it is"]]
    for kind in fault_kinds().values():
        parameters = [
            f"{parameter.name} ({parameter.type}): {parameter.help}"
            f"{parameter.default and f'; else {parameter.default}'}"
            for parameter in kind.parameters
        ]
        table.append([kind.name, ". ".join(parameters), kind.effect, kind.capability, kind.help])
    return table


def markdown() -> str:
    """Return docs/faults.md."""
    escaped = [[cell.replace("|", r"\|") for cell in row] for row in rows()]
    heading, *lines = [f"| {' | '.join(row)} |" for row in escaped]
    return "\n".join([HEAD, heading, "|---|---|---|---|---|", *lines, ""])


if __name__ == "__main__":
    print(markdown(), end="")
