"""A child process on a core of its own, and what the kernel says of it: CPU time, memory, threads."""
import ctypes
import os
import resource
import signal
import subprocess
import threading
import time

TICKS = os.sysconf('SC_CLK_TCK')
PAGE = os.sysconf('SC_PAGE_SIZE')
PR_SET_PDEATHSIG = 1
prctl = ctypes.CDLL(None).prctl


class Process:
    """Started on one core with as many open files as the hard limit allows; dies with us; its output goes to a file."""

    def __init__(self, command, core, log, env=(), pipes=False):
        self.log, self.core = log, core
        os.makedirs(os.path.dirname(log), exist_ok=True)
        stream = subprocess.PIPE if pipes else subprocess.DEVNULL
        with open(log, 'wb') as out:
            self.child = subprocess.Popen(
                [str(word) for word in command], stdin=stream, stdout=subprocess.PIPE if pipes else out, stderr=out,
                env={**os.environ, **dict(env)}, preexec_fn=lambda: self._prepare(core))
        self.pid = self.child.pid

    @staticmethod
    def _prepare(core):
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, {core})
        if os.geteuid() == 0:
            os.setpriority(os.PRIO_PROCESS, 0, -10)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    @property
    def running(self):
        return self.child.poll() is None

    def output(self):
        with open(self.log, errors='replace') as text:
            return text.read()

    def last_words(self, lines=5):
        return '\n'.join(self.output().splitlines()[-lines:])

    def stop(self, timeout=10):
        if self.running:
            self.child.terminate()
            try:
                self.child.wait(timeout)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait()

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        try:
            with open('/proc/%d/stat' % self.pid) as stat:
                fields = stat.read().rpartition(')')[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self):
        """Bytes of memory it holds now."""
        try:
            with open('/proc/%d/statm' % self.pid) as statm:
                return int(statm.read().split()[1]) * PAGE
        except OSError:
            return 0

    def threads(self):
        """-> {thread id: name}"""
        found = {}
        for thread in os.listdir('/proc/%d/task' % self.pid):
            try:
                with open('/proc/%d/task/%s/comm' % (self.pid, thread)) as comm:
                    found[int(thread)] = comm.read().strip()
            except OSError:
                continue
        return found


def busy_seconds(core):
    """What a core was busy so far, whoever it was for; what the host took of it counts, too."""
    with open('/proc/stat') as stat:
        for line in stat:
            name, *fields = line.split()
            if name == 'cpu%d' % core:
                user, nice, system, _, _, interrupts, soft, stolen = map(int, fields[:8])
                return (user + nice + system + interrupts + soft + stolen) / TICKS
    return 0.0


class Sampler:
    """Notes CPU time and memory of processes four times a second while the run measures."""

    def __init__(self, is_measuring, **processes):
        self.is_measuring, self.processes, self.samples, self.ended = is_measuring, processes, [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ended.wait(0.25):
            if self.is_measuring():
                self.samples.append((time.monotonic(), busy_seconds(self.processes['server'].core), {
                    name: (process.cpu_seconds(), process.resident()) for name, process in self.processes.items()}))

    def stop(self):
        self.ended.set()
        self.thread.join()

    def during(self, seconds):
        """-> {name: {'cpu': share of a core, 'resident': held at the end}}; `others`: what had the server's core
        besides it.

        The progress line, by which the samples begin, comes once a second and does not tell when the measuring ends.
        """
        inside = [sample for sample in self.samples if sample[0] <= self.samples[0][0] + max(1.0, seconds - 1.2)]
        if len(inside) < 2:
            return {name: {'cpu': 0.0, 'resident': 0} for name in (*self.processes, 'others')}
        (first, busy_before, before), (last, busy_after, after) = inside[0], inside[-1]
        used = {
            name: {'cpu': (after[name][0] - before[name][0]) / (last - first), 'resident': after[name][1]}
            for name in self.processes}
        others = (busy_after - busy_before) / (last - first) - used['server']['cpu']
        return {**used, 'others': {'cpu': max(0.0, others)}}
