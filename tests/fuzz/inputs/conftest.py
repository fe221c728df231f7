"""Counts of inputs by kind and exit code, at the end of all tests."""

from __future__ import annotations

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    counts = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, codes in report.user_properties:
                if name.startswith("inputs "):
                    kind = counts.setdefault(name.removeprefix("inputs "), Counter())
                    kind.update({str(code): number for code, number in codes.items()})
    for kind, codes in sorted(counts.items()):
        each = ", ".join(f"{number} ended in {code}" for code, number in sorted(codes.items()))
        terminalreporter.write_line(f"{kind}: {codes.total()} inputs, {each}")
