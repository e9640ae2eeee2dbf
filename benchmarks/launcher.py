"""Run one command and write what it cost; started as a small process of its own.

Linux counts the memory of the process that starts a program towards the program's peak, so a
large benchmark process must not start it itself.

The variable ``MOST_BYTES`` limits what memory it may ask for.

Usage: ``python -I -S launcher.py REPORT.json COMMAND...``
"""

import json
import os
import resource
import sys
import time


def main() -> int:
    report, command = sys.argv[1], sys.argv[2:]
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        if limit := int(os.environ.get("MOST_BYTES", "0")):
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error}", file=sys.stderr)
            os._exit(127)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    cost = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": peak, "exit": code}
    with open(report, "w", encoding="utf-8") as file:
        json.dump(cost, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
