"""Registries that follow from files: what the modules of a folder list, made by its name."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from chaos.errors import InputError, problems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

# Of a parameter's JSON schema, in the order in which they are printed.
_LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a fault or an action, as it is documented; its unit is in its name."""

    name: str
    type: str
    default: str
    help: str


Made_co = TypeVar("Made_co", covariant=True)


class RegistryEntry(Protocol[Made_co]):
    """An entry of a registry. `make` is called with the parameters, and checks them."""

    @property
    def name(self) -> str:
        """The name in a suite and on the command line."""

    @property
    def make(self) -> Callable[..., Made_co]:
        """A pydantic dataclass, where there are parameters."""


def entries_in(package: ModuleType, attribute: str) -> dict[str, Any]:
    """Return every entry that a package's modules list in an attribute, by its name."""
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return {entry.name: entry for module in modules for entry in getattr(module, attribute, ())}


def make(
    noun: str,
    entries: Mapping[str, RegistryEntry[Made_co]],
    name: str,
    parameters: Mapping[str, object],
) -> Made_co:
    """Make a fault or an action from its name and parameters; `noun`: what it is called in errors.

    Raises InputError with every problem.
    """
    if name not in entries:
        raise InputError(f"unknown {noun} {name!r}; there are {', '.join(entries)}")
    accepted = [parameter.name for parameter in parameters_of(entries[name].make)]
    if unknown := sorted(set(parameters) - set(accepted)):
        listed = f"{name} takes {', '.join(accepted) or 'none'}"
        raise InputError(f"{name}: unknown parameter {', '.join(unknown)}; {listed}")
    try:
        return entries[name].make(**parameters)
    except ValidationError as error:
        raise InputError(f"{name}:\n{problems_of(error)}") from error


def parameters_of(make: Any) -> tuple[Parameter, ...]:
    """Return the parameters of a pydantic dataclass, in order; other callables take none."""
    if not hasattr(make, "__pydantic_fields__"):
        return ()
    schema = TypeAdapter(make).json_schema()
    required = schema.get("required", [])
    return tuple(
        _parameter(name, properties, required=name in required)
        for name, properties in schema.get("properties", {}).items()
    )


def _parameter(name: str, schema: Mapping[str, Any], *, required: bool) -> Parameter:
    limits = [f"{words} {schema[key]}" for key, words in _LIMITS.items() if key in schema]
    kind = " | ".join(map(str, schema.get("enum", ()))) or str(schema.get("type", ""))
    default = "" if required else str(schema.get("default"))
    return Parameter(name, ", ".join([kind, *limits]), default, schema.get("description", ""))
