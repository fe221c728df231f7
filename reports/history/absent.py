"""Which field of a record is absent: every one is written, and a default must not stand for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel


def absent_field(content: Any, model: BaseModel) -> str:
    """Return the path of the first field that JSON lacks and its model has, "" for none.

    A text or message that is written as a plain string lacks nothing.
    """
    return _absent(content, model.model_dump(mode="json"))


def _absent(content: Any, whole: Any) -> str:
    if isinstance(content, dict) and isinstance(whole, dict):
        for name, value in whole.items():
            if name not in content:
                return str(name)
            if below := _absent(content[name], value):
                return f"{name}.{below}"
    elif isinstance(content, list) and isinstance(whole, list):
        for place, (item, value) in enumerate(zip(content, whole, strict=False)):
            if below := _absent(item, value):
                return f"{place}.{below}"
    return ""
