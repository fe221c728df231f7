"""Which directives of nginx a lab keeps, and for which it refuses a file; it drops all others.

What is kept has no effect outside of the connections to the apiservers: it names no file, program,
address or variable of the user's host. nginx 1.22, ngx_core_module and ngx_stream_*_module.
"""

from __future__ import annotations

import re

_NUMBER = r"\d+"
_TIME = r"(?:\d+(?:ms|[smhdw])?)+"
_SIZE = r"\d+[kKmM]?"
_SWITCH = r"on|off"
_VARIABLES = r"remote_addr|remote_port|binary_remote_addr|server_addr|server_port"
_HASH_KEY = rf"(?:\$(?:{_VARIABLES})|\$\{{(?:{_VARIABLES})\}}|[\w.:-])+"

# Directive -> its arguments, joined by spaces.
MAIN = {
    "worker_processes": rf"{_NUMBER}|auto",
    "worker_rlimit_nofile": _NUMBER,
    "worker_shutdown_timeout": _TIME,
    "events": "",
    "stream": "",
}
EVENTS = {
    "worker_connections": _NUMBER,
    "multi_accept": _SWITCH,
    "accept_mutex": _SWITCH,
    "accept_mutex_delay": _TIME,
    "use": "epoll",
}
PROXY = {
    "proxy_connect_timeout": _TIME,
    "proxy_timeout": _TIME,
    "proxy_next_upstream": _SWITCH,
    "proxy_next_upstream_timeout": _TIME,
    "proxy_next_upstream_tries": _NUMBER,
    "proxy_socket_keepalive": _SWITCH,
    "proxy_buffer_size": _SIZE,
    "proxy_upload_rate": _SIZE,
    "proxy_download_rate": _SIZE,
    "proxy_half_close": _SWITCH,
    "tcp_nodelay": _SWITCH,
}
SERVER = {**PROXY, "listen": ".*", "proxy_pass": ".*"}
UPSTREAM = {
    "server": ".*",
    "zone": r"\w+( \d+[kKmM]?)?",
    "least_conn": "",
    "random": "(two( least_conn)?)?",
    "hash": rf"{_HASH_KEY}( consistent)?",
}
LISTEN_FLAGS = re.compile(
    r"so_keepalive=[\w:]+|backlog=\d+|reuseport|deferred|fastopen=\d+|(?:rcv|snd)buf=\d+[kKmM]?"
)
SERVER_FLAGS = re.compile(
    r"weight=\d+|max_conns=\d+|max_fails=\d+|fail_timeout=(?:\d+(?:ms|[smhdw])?)+|backup|down"
)

PROXY_PROTOCOL = (
    "PROXY protocol: nothing in a lab speaks it, and kubelets and kubectl do not either; "
    "leave it out, or keep a listener without it"
)
TLS_ENDS = (
    "TLS must pass through, it cannot end here: client certificates would be lost; "
    "use a listener without ssl"
)
_OWN_CHECKS = (
    "a health check that the lab's nginx has not, so that masters would be noticed otherwise "
    "than by your nginx; leave it out to measure nginx without it"
)
_CONTENT_ELSEWHERE = "needs a file that a lab has not; put its content in its place"
_ANSWERS = "answers clients itself; the server of the apiservers passes connections on"
# Directive -> why a file that has it where the apiservers' connections go cannot be used.
REFUSED = {
    "include": _CONTENT_ELSEWHERE,
    "proxy_protocol": PROXY_PROTOCOL,
    "proxy_ssl": TLS_ENDS,
    "server_name": "chooses a server by the name of SNI, and a lab's clients send none; keep the "
    "server of the apiservers only",
    "state": _CONTENT_ELSEWHERE,
    "return": _ANSWERS,
    "pass": "hands connections to another server; use proxy_pass",
    "js_access": "a script decides about connections; a lab runs none, leave it out",
    "js_filter": "a script changes what is passed on; a lab runs none, leave it out",
    "js_preread": "a script decides about connections; a lab runs none, leave it out",
    "content_by_lua_block": _ANSWERS,
    "content_by_lua_file": _ANSWERS,
    "preread_by_lua_block": "a script decides about connections; a lab runs none, leave it out",
    "preread_by_lua_file": "a script decides about connections; a lab runs none, leave it out",
    "balancer_by_lua_block": "a script chooses the master; a lab runs none, leave it out",
    "balancer_by_lua_file": "a script chooses the master; a lab runs none, leave it out",
    "health_check": _OWN_CHECKS,
    "check": _OWN_CHECKS,
    "hash": "its key is more than the client's address; use hash $remote_addr",
    "least_time": "is in the commercial nginx only; use least_conn",
    "sticky": "is in the commercial nginx only; use hash $remote_addr",
    "ip_hash": "is for http only; in stream write hash $remote_addr",
    "fair": "is a module that the lab's nginx has not; use least_conn",
}
