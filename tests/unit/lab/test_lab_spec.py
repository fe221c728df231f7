"""A LabSpec that is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lab.spec import LabSpec


def test_an_unknown_runtime_is_refused_with_those_that_there_are():
    with pytest.raises(ValidationError, match="qemu is none of netns, docker"):
        LabSpec(runtime="qemu")
