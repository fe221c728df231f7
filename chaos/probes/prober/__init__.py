"""The prober: a program that sends requests on an absolute schedule, whatever earlier ones do.

Runs on a worker, in its network, through its proxy, or on the host against any endpoint.
Standard library only, Python 3.9 up. One thread and one epoll set: what it costs is taken from
the cluster that it measures, and asyncio's streams take half as much again.

Argument: a JSON file {host, port, authority, tls: null or {name, ca, cert, key} (the files "" for
none), client_timeout_s, warm_up_s, duration_s: null for no end, series: [{probe, connection,
rate_hz, method, path, body, content_type, and for a watch: watch_path}]}.

Output: one JSON line for each probe, at most a second after it is over; times are monotonic
seconds. Once a second {cpu_s, at_s}: the CPU seconds used so far. {begin_s} when the schedule
begins, and {end_s} when it has ended and the last probe is over. Of a watch {event, at_s, ...}:
watch_open (master, revision), watch_end (error), watch_fault (fault: lost, duplicate or disorder,
and revision).
No retries: one scheduled probe is one request.
"""
