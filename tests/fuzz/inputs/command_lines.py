"""Command lines: every command with options and arguments that do or do not belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fuzz.inputs.command import COMMAND, Input

if TYPE_CHECKING:
    import random
    from pathlib import Path

# These work on this machine whatever they are asked for, so they get an option too many.
ON_THIS_MACHINE = {"binaries", "down", "doctor", "gc", "images", "selftest"}
DRY = {"run", "claims", "tolerance"}
WORDS = (
    *(
        "",
        " ",
        "-",
        "--",
        "---",
        "0",
        "-1",
        "1",
        "3",
        "1e400",
        "nan",
        "inf",
        "99999999999999999999",
    ),
    *(
        "a",
        "A b",
        "..",
        "/",
        "/dev/null",
        "/dev/zero",
        "nosuch",
        "\x1b[31m",
        "é",
        "💥",
        "\udcff",
        "%s",
    ),
    *("a" * 300, "[bold]", "{0}", "1-9", "9-1", "1-99999999", "kill", "kill,hang", "etcd-1", "x=1"),
    *("etcd:leader", "master:any", "etcd:any[9]", "*", "read:new=50", "read:new=1e9", "=", "3,3,"),
    *(
        "ha-report",
        "balancers",
        "kuboard-spray",
        "nginx",
        "haproxy",
        "vip",
        "docker",
        "netns",
        "zh",
    ),
    *(
        "http://127.0.0.1:1/",
        "https://[::1]:1",
        "https://x:99999",
        "http://a b",
        "//",
        "availability>=1",
    ),
    *(
        "outage_s<=1",
        "write.outage_s.median+20%",
        "kill.good_share>=0",
        "a>b>c",
        "30%",
        "5s",
        "-5%",
    ),
)


def command_line(chance: random.Random, _: Path) -> Input:
    """Return a command line of a few words."""
    names = sorted(COMMAND.commands)  # type: ignore[attr-defined]
    if chance.random() < 0.05:
        return Input([chance.choice((*WORDS, *names)) for _ in range(chance.randrange(4))])
    name = chance.choice(names)
    command = COMMAND.commands[name]  # type: ignore[attr-defined]
    argv = [name]
    for _ in range(chance.randrange(6)):
        argv += _part(command, chance)
    if name in DRY:
        argv.append("--dry-run")
    if name in ON_THIS_MACHINE:
        argv.append("--no-such-option")
    return Input(argv, done=" ".join(map(repr, argv)))


def _part(command: Any, chance: random.Random) -> list[str]:
    """Return an option of the command with a value, or a word."""
    options = [each for each in command.params if each.param_type_name == "option"]
    if not options or chance.random() < 0.4:
        return [_word(chance)]
    option = chance.choice(options)
    flag = chance.choice([*option.opts, *option.secondary_opts])
    return [flag] if option.is_flag else [flag, _word(chance)]


def _word(chance: random.Random) -> str:
    # a program gets no null byte
    return chance.choice(WORDS)
