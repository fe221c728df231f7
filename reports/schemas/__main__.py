"""Writes every schema anew."""

from __future__ import annotations

from reports.schemas.published import MODELS, path_of, schema_text

for name in MODELS:
    path_of(name).write_text(schema_text(name), encoding="utf-8")
