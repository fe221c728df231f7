"""Which modes of balancing there are: the files of the folder `modes`, each by its name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from lab.balancers import modes

if TYPE_CHECKING:
    from lab.balancers.base import Balancer

MODES: dict[str, Balancer] = {
    found.name: importlib.import_module(f"{modes.__name__}.{found.name}").BALANCER
    for found in pkgutil.iter_modules(modes.__path__)
}
# Who has set a balancer: {set} in its words.
SET_BY = {
    "en": ("as kubespray sets it", "set by a file of the user's"),
    "zh": ("按 kubespray 配置", "按用户文件配置"),
}


def balancer_of(mode: str) -> Balancer:
    """Return the balancer of a mode. Raises ValueError."""
    if mode not in MODES:
        raise ValueError(f"{mode} is none of {', '.join(MODES)}")
    return MODES[mode]


def words_of(balancer: Balancer, *, own_file: bool) -> dict[str, str]:
    """Return how workers reach the masters, a text a language."""
    return {lang: text.format(set=SET_BY[lang][own_file]) for lang, text in balancer.words.items()}


def programs() -> tuple[str, ...]:
    """Return what the balancers of all modes need of the system."""
    return tuple(sorted({one for each in MODES.values() for one in each.programs + each.tools}))


def packages() -> tuple[str, ...]:
    """Return the Debian packages that have all of it."""
    return tuple(sorted({one for each in MODES.values() for one in each.packages}))
