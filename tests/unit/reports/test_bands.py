"""Where the injections of a trial are drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.history.injections import InjectionSpan
from reports.locale.catalogue import LANGUAGES, words_of
from reports.render.bands import bands_of

SPANS = {
    "beside each other": (("a", 1.0, "confirmed"), ("b", 5.0, "confirmed"), [0, 0]),
    "the label is longer than the bar": (("cut", 1.0, "masked"), ("b", 2.2, "confirmed"), [0, 15]),
    "a name that is as long": (("c" * 26, 1.0, "confirmed"), ("b", 2.5, "confirmed"), [0, 15]),
    "up to the right edge": (("earlier", 7.0, "confirmed"), ("cut", 8.5, "masked"), [0, 15]),
}


@pytest.mark.parametrize(("first", "second", "tops_px"), SPANS.values(), ids=SPANS.keys())
@pytest.mark.parametrize("lang", LANGUAGES)
def test_labels_of_injections_cover_nothing(first, second, tops_px, lang):
    begun = [
        replace(InjectionSpan.missing(name), state=state, begin_s=at_s, heal_begin_s=at_s + 0.1)
        for name, at_s, state in (first, second)
    ]
    spans = [replace(span, recovered_s=span.heal_begin_s) for span in begun]
    bands, _ = bands_of(spans, 9.0, 900, 0, words_of(lang))
    assert [band.top_px for band in bands] == tops_px
    assert bands[1].anchor == ("end" if second[1] > 8 else "start")
