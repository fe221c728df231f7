"""An nginx file with places for directives, and what a lab of three masters makes of it."""

from __future__ import annotations

import pytest

from lab.balancers.adoption.nginx import adopt
from lab.balancers.base import Frontend
from lab.balancers.fitting import UnfitFileError

LAB = Frontend("127.0.0.1:6443", ["10.83.2.1:6443", "10.83.2.2:6443", "10.83.2.3:6443"])
FILE = """\
{main}
events {{ {events} }}
stream {{
  {stream}
  upstream kube {{
    server 10.0.0.1:6443{flags};
    server 10.0.0.2:6443;
    {upstream}
  }}
  server {{
    listen {listen};
    {server}
    proxy_pass {to};
  }}
}}
"""
PARTS = dict.fromkeys(("main", "events", "stream", "flags", "upstream", "server"), "")
PARTS |= {"listen": "6443", "to": "kube"}
PLAIN = FILE.format(**PARTS)
FITTED = """\
events {
}
stream {
  upstream kube {
    server 10.83.2.1:6443;
    server 10.83.2.2:6443;
  }
  server {
    listen 127.0.0.1:6443;
    proxy_pass kube;
  }
}
"""


def fitted(**parts):
    return adopt(FILE.format(**(PARTS | parts)), LAB)


def problems(text, server=""):
    with pytest.raises(UnfitFileError) as refused:
        adopt(text, LAB, server)
    return [str(problem) for problem in refused.value.problems]
