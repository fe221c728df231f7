"""Runs the prober. Argument: its JSON file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chaos.probes.prober.program import run_prober

run_prober(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
