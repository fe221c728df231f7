"""Which runs there are: lab, command, moment and blow of each, drawn from a seed. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

User = Literal["root", "ordinary"]
Size = Literal["etcd", "masters"]
Command = Literal["run", "tolerance", "by-hand"]
Moment = Literal["up", "inject", "hold", "heal", "report", "down"]
Trouble = Literal["none", "pipe", "disk", "hung", "pair", "gc"]

SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")
# What a run can be killed at; by hand a fault is held by nobody, and nothing is reported.
MOMENTS: dict[Command, tuple[Moment, ...]] = {
    "run": ("up", "inject", "hold", "heal", "report", "down"),
    "tolerance": ("up", "inject", "hold", "heal", "report"),
    "by-hand": ("up", "inject", "heal", "down"),
}
COMMANDS: tuple[Command, ...] = ("run", "by-hand", "tolerance", "run", "by-hand")
# A full disk is one of run directories: only these commands write them.
WRITING: tuple[Command, ...] = ("run", "tolerance")
TROUBLES: tuple[Trouble, ...] = ("none", "pipe", "none", "hung", "none", "pair", "disk", "gc")


@dataclass(frozen=True)
class Group:
    """Runs of one user on one runtime; `masters` of them have masters, the others are etcd."""

    name: str
    user: User
    runtime: str
    runs: int
    masters: int


@dataclass(frozen=True)
class Run:
    """One run.

    `blow`: the signal that the command gets, "" where a full disk ends it. `delay`: of the moment's
    length, from 0 to 1, at which it gets it. `members`: of etcd.
    """

    name: str
    user: User
    runtime: str
    size: Size
    members: int
    command: Command
    moment: Moment
    trouble: Trouble
    blow: str
    delay: float


WHOLE = (
    Group("root", "root", "netns", 100, 30),
    Group("ordinary", "ordinary", "netns", 30, 4),
    Group("docker", "root", "docker", 22, 4),
    Group("docker-ordinary", "ordinary", "docker", 8, 1),
)
SHORT = (
    Group("root", "root", "netns", 8, 1),
    Group("ordinary", "ordinary", "netns", 3, 0),
    Group("docker", "root", "docker", 3, 0),
)


def planned(groups: tuple[Group, ...], seed: int) -> list[Run]:
    """Return all runs; a run is the same whichever others are planned with it."""
    return [run_of(group, number, seed) for group in groups for number in range(group.runs)]


def run_of(group: Group, number: int, seed: int) -> Run:
    """Return one run: what there is few of takes turns, the rest is drawn."""
    name = f"{group.name}-{number}"
    chance = random.Random(f"{seed}/{name}")
    # so that every moment, signal and trouble comes, whatever is drawn
    turn = random.Random(f"{seed}/{group.name}").randrange(1000) + number
    command = COMMANDS[turn % len(COMMANDS)]
    moment = MOMENTS[command][(turn // len(COMMANDS)) % len(MOMENTS[command])]
    trouble = TROUBLES[turn % len(TROUBLES)]
    if trouble == "disk" and not _can_be_full(group, command, moment):
        trouble = "none"
    size: Size = "masters" if _among(number, group.masters, group.runs) else "etcd"
    if size == "masters" and command == "tolerance":
        command = "run"
    return Run(
        name=name,
        user=group.user,
        runtime=group.runtime,
        size=size,
        members=chance.choice((1, 3)) if size == "etcd" else 1,
        command=command,
        moment=moment,
        trouble=trouble,
        blow="" if trouble == "disk" else SIGNALS[chance.randrange(len(SIGNALS))],
        delay=chance.random(),
    )


def _can_be_full(group: Group, command: Command, moment: Moment) -> bool:
    # an ordinary user's command is in a mount namespace of its own, and does not see our disk
    return group.user == "root" and command in WRITING and moment != "report"


def _among(number: int, chosen: int, of: int) -> bool:
    """Whether a number is among `chosen` ones that lie evenly in `of`."""
    return (number + 1) * chosen // of > number * chosen // of
