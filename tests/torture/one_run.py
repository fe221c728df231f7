"""One run: a command is brought to its moment, gets its blow, and what is left is looked at.

Run as `python -m tests.torture.one_run RUN HOME`, RUN as JSON; prints the result as JSON. It adopts
the orphans among its descendants, so that nothing that a command has started can get lost.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.torture import aftermath, moments, troubles
from tests.torture.home import Home
from tests.torture.output_reader import OutputReader
from tests.torture.plan import Run

if TYPE_CHECKING:
    import subprocess

PR_SET_CHILD_SUBREAPER = 36
FOLDER = Path(__file__).parent
LAB = "hand"
END_TIMEOUT_S = 75.0
HUNG_S = 0.5
PAUSE_S = 0.3


@dataclass
class Result:
    """What became of a run; `result`: what it is counted as."""

    name: str
    result: str = ""
    took_s: float = 0.0
    gc_had_work: bool = False
    wrong: list[str] = field(default_factory=list)
    output: str = ""


def main() -> None:
    """Do the run that the arguments name, and print its result."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    run = Run(**json.loads(sys.argv[1]))
    begun_s = time.monotonic()
    result = Result(run.name)
    try:
        _Execution(run, Home(Path(sys.argv[2]), run.user, run.runtime), result).do()
    except Exception as error:  # noqa: BLE001 (it is this run's result)
        result.wrong.append(f"the torture itself: {type(error).__name__}: {error}")
    finally:
        aftermath.kill_descendants()
    result.result = "wrong" if result.wrong else result.result
    result.took_s = round(time.monotonic() - begun_s, 1)
    print(json.dumps(asdict(result)))


def command_line(run: Run) -> list[str]:
    """Return the arguments of the command that gets the blow."""
    runtime = ["--runtime", run.runtime]
    if run.command == "run":
        suite = {"masters": "masters", "etcd": "etcd" if run.members == 1 else "etcd-cut"}
        file = FOLDER / f"{suite[run.size]}.yaml"
        return ["run", str(file), "--runs-dir", "runs", *runtime]
    if run.command == "tolerance":
        sizes = ["--sizes", str(run.members), "--faults", "kill"]
        return ["tolerance", *sizes, "--runs-dir", "runs", *runtime]
    target = "etcd-1" if run.size == "etcd" else "master-1"
    return {
        "up": [*up_command(run)],
        "inject": ["hang", target],
        "heal": ["heal"],
        "down": ["down", LAB],
    }[run.moment]


def up_command(run: Run) -> list[str]:
    """Return the command that makes a lab for faults by hand."""
    masters = "1" if run.size == "masters" else "0"
    sizes = ["--etcd", str(run.members), "--masters", masters, "--workers", "1"]
    return ["up", LAB, *sizes, "--runtime", run.runtime]


class _Execution:
    """One run under way."""

    def __init__(self, run: Run, home: Home, result: Result) -> None:
        self._run, self._home, self._result = run, home, result
        self._output = home.path / "output"
        self._traces = moments.Traces(home.state, home.runs)
        self._ended = threading.Event()

    def do(self) -> None:
        """Prepare, execute, look at what is left."""
        run, home = self._run, self._home
        made = run.command == "by-hand" and run.moment != "up"
        if made:
            self._expect(home.halab(*up_command(run)), {0}, "the lab's `up`")
            if run.moment != "inject":
                kind, target = ("kill", "etcd-1") if run.size == "etcd" else ("hang", "master-1")
                self._expect(home.halab(kind, target), {0}, f"`{kind}`")
        if self._result.wrong:
            return
        with contextlib.ExitStack() as stack:
            if run.trouble == "disk":
                stack.enter_context(troubles.small_disk(home.runs))
            try:
                self._execute(stack)
            except Exception as error:  # noqa: BLE001 (what is left is looked at all the same)
                self._result.wrong.append(f"the torture itself: {type(error).__name__}: {error}")
                self._ended.set()
                aftermath.kill_descendants()
            troubles.empty(home.runs)
            after = aftermath.look(home, run, may_stay=LAB if run.command == "by-hand" else "")
        self._result.gc_had_work = after.gc_had_work
        self._result.wrong += after.wrong
        if self._result.wrong:
            self._result.output = self._output.read_text(errors="replace")[-4000:]

    def _expect(self, ended: Any, codes: set[int], what: str) -> None:
        if ended.code not in codes or "Traceback" in ended.output:
            self._result.wrong.append(f"{what} ended with {ended.code}: {ended.output[-1500:]}")

    def _execute(self, stack: contextlib.ExitStack) -> None:
        """Start the command, wait for its moment, and do to it what is planned."""
        run = self._run
        process, reader = self._start()
        partner = self._start_partner(stack)
        marker = moments.MARKERS[run.command, run.moment]
        reached = moments.wait_for(
            marker, self._traces, process.pid, lambda: process.poll() is None, moments.TIMEOUT_S
        )
        if reached:
            time.sleep(run.delay * moments.length_s(run.command, run.moment, run.size))
        early = process.poll()
        if early is None and reached:
            self._trouble(reader)
            if run.blow:
                for struck in filter(None, (process, partner)):
                    struck.send_signal(getattr(signal, run.blow))
        elif early is None:
            self._result.wrong.append(f"{run.moment} was not reached in {moments.TIMEOUT_S:g} s")
            process.kill()
        code = self._end_of(process)
        self._ended.set()
        reader.close()
        self._judge(code, early=early is not None)
        if partner is not None:
            self._end_of(partner)

    def _start(self) -> tuple[subprocess.Popen[bytes], OutputReader]:
        reader = OutputReader(self._output)
        process = self._home.popen(
            *command_line(self._run), stdout=reader.write_end, stderr=reader.write_end
        )
        reader.follow()
        return process, reader

    def _start_partner(self, stack: contextlib.ExitStack) -> subprocess.Popen[bytes] | None:
        """Start what works in the same home at the same time."""
        run, home = self._run, self._home
        if run.trouble == "pair":
            other = (home.path / "partner").open("wb")
            stack.enter_context(other)
            return home.popen(*command_line(run), stdout=other, stderr=other)
        if run.trouble == "gc":
            thread = threading.Thread(target=self._collect_again_and_again)
            thread.start()
            stack.callback(thread.join)
            stack.callback(self._ended.set)
        return None

    def _collect_again_and_again(self) -> None:
        while not self._ended.is_set():
            ended = self._home.halab("gc")
            if "Traceback" in ended.output or ended.code != 0:
                self._result.wrong.append(f"gc beside it ended with {ended.code}: {ended.output}")
            self._ended.wait(PAUSE_S)

    def _trouble(self, reader: OutputReader) -> None:
        if self._run.trouble == "pipe":
            reader.close()
        elif self._run.trouble == "disk":
            troubles.fill(self._home.runs)
        elif self._run.trouble == "hung" and troubles.hang_an_agent(
            self._home.path, self._run.runtime
        ):
            time.sleep(HUNG_S)

    def _end_of(self, process: subprocess.Popen[bytes]) -> int:
        until_s = time.monotonic() + END_TIMEOUT_S
        while (code := process.poll()) is None:
            if time.monotonic() > until_s:
                self._result.wrong.append(f"not ended {END_TIMEOUT_S:g} s after the blow")
                process.kill()
                return process.wait()
            time.sleep(moments.POLL_S)
        return code

    def _judge(self, code: int, *, early: bool) -> None:
        """Check the exit code against what may be, and name what the run is counted as."""
        run, text = self._run, self._output.read_text(errors="replace")
        if "Traceback" in text or "a defect of ours" in text:
            self._result.wrong.append("it prints a traceback")
        by_itself = aftermath.codes_of_an_end(run)
        killed = {"SIGKILL": -9}.get(run.blow, 130)
        if early:
            allowed, name = by_itself, "ended before"
        elif not run.blow:
            allowed, name = {3} | by_itself, "disk full"
        elif code == killed:
            allowed, name = {code}, "killed" if code < 0 else "interrupted"
        else:  # the blow came when all was done, or a hung agent had ended it
            allowed = by_itself | ({3} if run.trouble in ("hung", "pair") else set())
            name = f"ended with {code}" if code > 1 else "had ended"
        if code not in allowed:
            self._result.wrong.append(
                f"exit code {code}, not {killed} and not in {sorted(allowed)}"
            )
        self._result.result = name


if __name__ == "__main__":
    main()
