"""Writes every schema anew."""

from __future__ import annotations

from reports.schemas import MODELS, path_of, text_of

for name in MODELS:
    path_of(name).write_text(text_of(name), encoding="utf-8")
