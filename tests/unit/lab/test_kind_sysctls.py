"""What a kubelet changes of the kernel, recorded and set back."""

from __future__ import annotations

import pytest

from lab.runtime.kind import sysctls

BEFORE = {"kernel/panic": "0", "vm/overcommit_memory": "0", "kernel/panic_on_oops": "1"}


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    folder = tmp_path / "sys"
    for name, value in BEFORE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{value}\n")
    monkeypatch.setattr(sysctls, "FOLDER", folder)
    return folder


@pytest.mark.usefixtures("kernel")
def test_settings_that_this_kernel_lacks_are_left_out():
    assert sysctls.current() == BEFORE


def test_what_was_recorded_first_stays(kernel, tmp_path):
    sysctls.record(tmp_path)
    (kernel / "kernel/panic").write_text("10")
    sysctls.record(tmp_path)
    assert sysctls.recorded(tmp_path) == BEFORE


@pytest.mark.parametrize("text", [None, "", "[]", '{"kernel/panic": 1}'])
def test_without_a_record_nothing_is_set_back(tmp_path, text):
    if text is not None:
        (tmp_path / sysctls.RECORD).write_text(text)
    assert sysctls.recorded(tmp_path) == {}


def test_only_what_a_kubelet_has_changed_is_set_back():
    now = {**sysctls.OF_KUBELET, "vm/overcommit_memory": "2"}
    # somebody has set overcommit_memory since; panic_on_oops was the kubelet's already
    assert sysctls.changed_by_kubelet(BEFORE, now) == {"kernel/panic": "0"}


def test_settings_are_set_and_those_that_cannot_be_are_returned(kernel):
    assert sysctls.set_here({"kernel/panic": "7", "no/such": "1"}) == {"no/such": "1"}
    assert (kernel / "kernel/panic").read_text() == "7"
