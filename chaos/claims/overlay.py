"""Settings of labs that the command line asks for, laid over the suites that claims need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.claims.loader import suite_of
from chaos.claims.schema import SuiteExperiment
from chaos.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaos.claims.schema import ClaimsDocument
    from chaos.experiment.schema import Suite


def lay_over(
    document: ClaimsDocument, base: Path, settings: Mapping[str, str | int | bool]
) -> tuple[ClaimsDocument, list[Suite]]:
    """Return the document with settings over the lab of every suite needed, and those suites.

    `base` is the claims' folder. Surveys keep their labs. Raises InputError for an impossible lab.
    """
    experiments, suites = dict(document.experiments), []
    for name in document.needed():
        experiment = experiments[name]
        if isinstance(experiment, SuiteExperiment):
            lab = {**experiment.lab, **settings}
            changed = experiment.model_copy(update={"lab": lab})
            experiments[name] = changed
            try:
                suites.append(suite_of(changed, base))
            except InputError as error:
                raise InputError(f"experiments.{name}: {error}") from error
    return document.model_copy(update={"experiments": experiments}), suites
