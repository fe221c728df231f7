"""What two snapshots of a machine differ in, and what of it a lab can have caused. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

# Kind -> name of a thing -> what it is like.
Things = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Snapshot:
    """A machine at one moment.

    `things`: processes (ours: all that descend from the runner), namespaces, links, addresses and
    routes, packet rules, mounts, loop devices, containers, networks, volumes, sysctls, files.
    `foreign`: words that stand for other people's labs and containers: names of their links and
    networks, their ranges of addresses, their folders. A thing whose name or description holds one
    is theirs.
    """

    things: Things
    foreign: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Difference:
    """One thing that is there, gone or different."""

    kind: str
    change: str
    name: str
    detail: str

    def __str__(self) -> str:
        """Return a line for a person."""
        return f"{self.kind} {self.change}: {self.name} {self.detail}".rstrip()


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    """Return all that changed, but what belongs to others.

    The rule is wide: a thing is another's only by a word of his in either snapshot.
    """
    theirs = before.foreign | after.foreign
    found = []
    for kind in sorted(before.things.keys() | after.things.keys()):
        old, new = before.things.get(kind, {}), after.things.get(kind, {})
        changes = [("new", name, new[name]) for name in new.keys() - old.keys()]
        changes += [("gone", name, old[name]) for name in old.keys() - new.keys()]
        changes += [
            ("changed", name, f"{old[name]} -> {new[name]}")
            for name in old.keys() & new.keys()
            if old[name] != new[name]
        ]
        for change, name, detail in sorted(changes):
            if not _holds_a_word(f"{name} {detail}", theirs):
                found.append(Difference(kind, change, name, detail))
    return _without_settings_of_links(found)


def _without_settings_of_links(found: list[Difference]) -> list[Difference]:
    """Leave out the sysctls that come and go with a link: there are a hundred, and it is named."""
    links = {each.name for each in found if each.kind == "links" and each.change != "changed"}
    return [
        each for each in found if each.kind != "sysctls" or links.isdisjoint(each.name.split("/"))
    ]


def numbered(lines: list[str]) -> dict[str, str]:
    """Return lines as things; a line that is there twice is two things."""
    counts: dict[str, int] = defaultdict(int)
    things = {}
    for line in lines:
        counts[line] += 1
        things[line if counts[line] == 1 else f"{line} ({counts[line]})"] = ""
    return things


def _holds_a_word(text: str, words: frozenset[str]) -> bool:
    return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in words if word)


# Names of files that labs, their programs and this project's commands may leave in shared folders.
OUR_WORDS = re.compile(
    r"halab|etcd|kube|nginx|haproxy|keepalived|netns|agent|keeper|master-|worker-|\.traceback$"
)


def may_be_ours(path: str, uid: int, ordinary_uid: int) -> bool:
    """Whether a file in a shared folder may be of a lab: by its name, or by whose it is."""
    return uid == ordinary_uid or OUR_WORDS.search(path) is not None
