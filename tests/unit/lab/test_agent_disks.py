"""The disks of a node that has none."""

from __future__ import annotations

from lab.agent.disks import Disks


def test_a_wipe_leaves_the_folder_and_nothing_in_it(tmp_path):
    folder = tmp_path / "data"
    (folder / "member" / "snap").mkdir(parents=True)
    (folder / "member" / "snap" / "db").write_text("x")
    (folder / "link").symlink_to(tmp_path)
    (folder / "file").write_text("x")
    Disks(str(tmp_path)).wipe("data")
    assert list(folder.iterdir()) == []
    assert tmp_path.exists()


def test_a_node_without_disks_loses_and_gets_power_without_any(tmp_path):
    disks = Disks(str(tmp_path))
    disks.cut_power()
    disks.unmount()
    disks.mount()
    assert list(tmp_path.iterdir()) == []
