"""Files that users name: read up to a bound, each mistake with the file and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.errors import InputError
from chaos.user_file import MOST_BYTES, read_user_file, read_user_text

REFUSED = {
    "a file that is not there": ("nosuch", "cannot read nosuch: No such file"),
    "a folder": (".", "cannot read .: Is a directory"),
    "an endless device": ("/dev/zero", f"it has more than {MOST_BYTES} bytes"),
    "a null byte": ("a\x00b", "cannot read"),
    "a name that is too long": ("a" * 300, "File name too long"),
}


@pytest.mark.timeout(5)
@pytest.mark.parametrize(("name", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_with_its_name(name, problem):
    with pytest.raises(InputError) as caught:
        read_user_file(Path(name))
    assert problem in str(caught.value)


def test_a_file_is_read_up_to_the_bound(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * MOST_BYTES)
    assert len(read_user_file(path)) == MOST_BYTES
    with pytest.raises(InputError, match="more than 10 bytes"):
        read_user_file(path, 10)


def test_a_text_is_utf_8_with_or_without_its_mark_and_the_wrong_line_is_named(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbf\xc3\xbc\n")
    assert read_user_text(path) == "ü\n"
    path.write_bytes(b"a\nb\n\xff\n")
    with pytest.raises(InputError, match=f"cannot read {path}:3: "):
        read_user_text(path)
