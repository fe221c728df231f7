"""The modes of balancing: the files of the folder `modes`, each by its name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from lab.balancers import modes

if TYPE_CHECKING:
    from lab.balancers.base import Balancer

MODES: dict[str, Balancer] = {
    module.name: importlib.import_module(f"{modes.__name__}.{module.name}").BALANCER
    for module in pkgutil.iter_modules(modes.__path__)
}
# Who has configured a balancer: {set} in its description.
SET_BY = {
    "en": ("as kubespray sets it", "set by a file of the user's"),
    "zh": ("按 kubespray 配置", "按用户文件配置"),
}


def balancer_of(mode: str) -> Balancer:
    """Return the balancer of a mode. Raises ValueError."""
    if mode not in MODES:
        raise ValueError(f"{mode} is none of {', '.join(MODES)}")
    return MODES[mode]


def description_of(balancer: Balancer, *, own_file: bool) -> dict[str, str]:
    """Return how workers reach the masters, language -> text."""
    texts = balancer.description.items()
    return {lang: text.format(set=SET_BY[lang][own_file]) for lang, text in texts}


def programs() -> tuple[str, ...]:
    """Return the programs of the system that the balancers of all modes need."""
    balancers = MODES.values()
    return tuple(sorted({name for each in balancers for name in each.programs + each.tools}))


def packages() -> tuple[str, ...]:
    """Return the Debian packages of these programs."""
    return tuple(sorted({name for balancer in MODES.values() for name in balancer.packages}))
