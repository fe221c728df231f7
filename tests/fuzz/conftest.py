"""Searches through what is generated: they take seconds, and are no part of the inner loop."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "unit/reports"))  # made_histories, made_surveys
