"""Whether anything may be done to a cluster: halab's own labs, and those whose owner consents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.errors import InputError
from reports.locale.message import message

if TYPE_CHECKING:
    from lab.spec import LabSpec


def check_consent(spec: LabSpec) -> None:
    """Raise InputError for a cluster of somebody else's who has not consented by its name."""
    if spec.attach and spec.consent != spec.attach:
        raise InputError(message("no-consent", cluster=spec.attach))
