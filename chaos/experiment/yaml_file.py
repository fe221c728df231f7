"""The one way in which YAML of users is read: bounded, plain data, each mistake with its line.

A short file can stand for gigabytes, by aliases and merge keys, or end the interpreter, by depth.
So the file's events are counted before anything is made of them; an alias counts as all it is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from chaos.errors import InputError
from chaos.user_file import read_user_text
from reports.locale.catalogue import SAFE_LOADER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# the largest file of the project has 1,500 nodes and 7 levels
MOST_NODES = 20_000
MOST_LEVELS = 32


@dataclass(frozen=True)
class YamlFile:
    """The mapping that a file holds, and where in the file each of its values stands."""

    data: dict[str, Any]
    root: yaml.MappingNode

    def line_of(self, place: Sequence[str | int]) -> int:
        """Return the line of a value, as far as its place is in the file; lines count from 1."""
        node: yaml.Node = self.root
        line = 1
        for step in place:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                if step >= len(node.value):
                    break
                node = node.value[step]
                line = node.start_mark.line + 1
            elif isinstance(node, yaml.MappingNode):
                pairs = (pair for pair in node.value if pair[0].value == str(step))
                if (pair := next(pairs, None)) is None:
                    continue  # the name of a kind, of which there are several
                line, node = pair[0].start_mark.line + 1, pair[1]
        return line


def read_mapping(path: Path, expected: str) -> YamlFile:
    """Read a YAML file that holds a mapping. Raises InputError, with what is expected."""
    text = read_user_text(path)
    try:
        _check_events(text, path)
        root = yaml.compose(text, Loader=SAFE_LOADER)
        if isinstance(root, yaml.MappingNode):
            _check_keys(root, path)
            return YamlFile(yaml.load(text, Loader=SAFE_LOADER), root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(filter(None, (error.context, error.problem)))
        # libyaml names the line behind the last one where something is not closed
        line = min(mark.line, text.count("\n")) if mark else None
        raise _invalid(path, line, problem) from error
    # a date that is none, a number of 5000 digits
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise _invalid(path, None, str(error)) from error
    raise InputError(f"{path}: {expected}")


class _Count:
    """What the events of a file amount to, so far."""

    def __init__(self) -> None:
        self.nodes = 0
        self._sizes: dict[str | None, int] = {}  # anchor -> how many nodes it stands for
        self._opened: list[tuple[str | None, int]] = []  # its anchor, the nodes before it

    def take(self, event: yaml.Event) -> str:
        """Count one event; return why the file is refused, "" when it is not."""
        match event:
            case yaml.AliasEvent(anchor=anchor):
                if anchor not in self._sizes:  # or the alias is within what it names
                    return f"there is no anchor {anchor} before this"
                self.nodes += self._sizes[anchor]
            case yaml.ScalarEvent(tag=str(tag)) | yaml.CollectionStartEvent(tag=str(tag)):
                return f"tags are not read, and this is {tag}"
            case yaml.ScalarEvent(anchor=anchor):
                self.nodes += 1
                self._sizes[anchor] = 1
            case yaml.CollectionStartEvent(anchor=anchor):
                self._opened.append((anchor, self.nodes))
                self.nodes += 1
            case yaml.CollectionEndEvent():
                anchor, before = self._opened.pop()
                self._sizes[anchor] = self.nodes - before
        if self.nodes > MOST_NODES:
            return f"there are more than {MOST_NODES} values, with aliases"
        deep = len(self._opened) > MOST_LEVELS
        return f"there are more than {MOST_LEVELS} levels" if deep else ""


def _check_events(text: str, path: Path) -> None:
    """Count nodes and levels before anything is made of them. Raises InputError, YAMLError."""
    count = _Count()
    for event in yaml.parse(text, Loader=SAFE_LOADER):
        if problem := count.take(event):
            line = event.start_mark.line if event.start_mark else None
            raise _invalid(path, line, problem)


def _check_keys(root: yaml.Node, path: Path) -> None:
    """Refuse a key that is given twice, of which the last would stand. Raises InputError."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        keys: set[tuple[str, str]] = set()
        for key, value in node.value:
            waiting.append(value)
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in keys:
                    raise _invalid(path, key.start_mark.line, f"the key {key.value} is there twice")
                keys.add((key.tag, key.value))


def _invalid(path: Path, line: int | None, problem: str) -> InputError:
    """Return what is wrong with a file; `line` counts from 0."""
    place = f"{path}" if line is None else f"{path}:{line + 1}"
    return InputError(f"{place}: it is no valid YAML: {problem}")
