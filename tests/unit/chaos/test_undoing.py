"""One mechanism does what must be done whatever ends a block: see lab/afterwards.py.

A `finally:`, an `except BaseException:` or an ExitStack of another kind may raise in the place of
an interrupt, and a signal may get into it.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
MECHANISM = "lab/afterwards.py"
# Programs of their own, which no signal of a user's reaches.
PROGRAMS = ("lab/agent/", "chaos/probes/prober/", "chaos/workload/program/", "known_outages/")
PROGRAMS += ("lab/runtime/netns/keeper.py",)
# What closes a descriptor or socket that buffers nothing, or ends a process.
CLOSING = {
    *("os.close", "os.unlink", "os.killpg", "suppress", "contextlib.suppress"),
    *("connection.close", "raw.close", "pool.shutdown", "process.communicate", "isinstance"),
}


def sources(*words):
    """Yield the name and the tree of every file that has one of these words."""
    for package in ("chaos", "lab", "reports"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
            ours = name != MECHANISM and not any(part in name for part in PROGRAMS)
            if ours and any(word in text for word in words):
                yield name, ast.parse(text)


def always_done(tree):
    """Yield the statements of each `finally:` and of each handler of every exception."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            yield from node.finalbody
            for handler in node.handlers:
                if handler.type is None or "BaseException" in ast.unparse(handler.type):
                    yield from handler.body


def calls(statement):
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_what_is_always_done_closes_or_goes_through_the_mechanism():
    others = [
        f"{name}:{statement.lineno}: {call}"
        for name, tree in sources("finally:", "except:", "BaseException")
        for statement in always_done(tree)
        for call in calls(statement)
        if call not in CLOSING
    ]
    assert others == []


def test_what_is_entered_one_by_one_is_left_through_the_mechanism():
    """ExitStack raises what the last exit raises: what it enters must be `entered` or a socket."""
    allowed = {"entered", "afterwards", "agent.stream"}
    others = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, tree in sources("enter_context")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "enter_context"
        and not any(word in ast.unparse(node.args[0]) for word in allowed)
    ]
    assert others == []
