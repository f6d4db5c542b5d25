"""Whether the machine runs us in time: a thread on each core that does nothing but wake, before everything else, and notes when it
woke late. What a server or the generator does cannot hold it up; other guests of the host can."""
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time

TICK = 0.005
LATE = 0.004
"""In seconds. Of a time in which the core did not run it sees all but one tick at most."""
PR_SET_PDEATHSIG = 1


class Metronome:
    """One on each of these cores, until it is stopped."""

    def __init__(self, cores):
        self.children = [
            subprocess.Popen([sys.executable, __file__, str(core)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for core in sorted(set(cores))]

    def stop(self):
        """-> how late it woke, in seconds, each time that it was late, on any of the cores"""
        found = []
        for child in self.children:
            said, _ = child.communicate()
            found += json.loads(said or b'[]')
        return found


def beat(core):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.sched_setaffinity(0, {core})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    except PermissionError:
        pass
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    late, due = [], time.monotonic()
    while not ended.is_set():
        due += TICK
        time.sleep(max(0, due - time.monotonic()))
        now = time.monotonic()
        if now - due > LATE:
            late.append(now - due)
            due = now
    print(json.dumps(late))


if __name__ == '__main__':
    beat(int(sys.argv[1]))
