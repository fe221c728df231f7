"""A haproxy file with places for settings, and what a lab of three masters makes of it."""

from __future__ import annotations

import pytest

from lab.balancers.adoption.haproxy import adopt
from lab.balancers.base import Frontend
from lab.balancers.fitting import UnfitFileError

LAB = Frontend("127.0.0.1:6443", ["10.83.2.1:6443", "10.83.2.2:6443", "10.83.2.3:6443"])
FILE = """\
global
  maxconn 2000
  {glob}
defaults
  mode tcp
  timeout client 1m
  {defaults}
frontend api
  bind {bind}
  {front}
  {rule}
backend masters
  {back}
  server a 10.0.0.1:6443{words}
  server b 10.0.0.2:6443
{sections}
"""
NAMES = ("glob", "defaults", "front", "back", "words", "sections")
PARTS = {**dict.fromkeys(NAMES, ""), "bind": "*:6443", "rule": "default_backend masters"}
FITTED = """\
global
    log stdout format raw local0 notice
    maxconn 2000
defaults
    log global
    mode tcp
    timeout client 1m
frontend api
    bind 127.0.0.1:6443
    default_backend masters
backend masters
    server a 10.83.2.1:6443
    server b 10.83.2.2:6443
"""


def fitted(server="", **parts):
    return adopt(FILE.format(**(PARTS | parts)), LAB, server)


def problems(text, server=""):
    with pytest.raises(UnfitFileError) as refused:
        adopt(text, LAB, server)
    return [str(problem) for problem in refused.value.problems]
