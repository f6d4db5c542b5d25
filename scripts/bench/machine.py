"""The machine under test: its cores, its limits, what is to be said of it in the report."""
import os
import platform
import re
import resource
import socket


def cores():
    """-> the core of the server under test and the core of the generator. With one core only they are the same."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[1] if len(allowed) > 1 else allowed[0]


def processor():
    with open('/proc/cpuinfo') as info:
        names = re.findall(r'^model name\s*:\s*(.*)$', info.read(), re.M)
    return names[0] if names else platform.machine()


def memory_gib():
    with open('/proc/meminfo') as info:
        return int(re.search(r'MemTotal:\s*(\d+)', info.read())[1]) / 1048576


def system():
    with open('/etc/os-release') as release:
        found = re.search(r'^PRETTY_NAME="?([^"\n]*)', release.read(), re.M)
    return '%s, Linux %s' % (found[1] if found else platform.system(), platform.release())


def describe():
    return {
        'processor': processor(), 'cores': len(os.sched_getaffinity(0)), 'memory': '%.0f GiB' % memory_gib(),
        'system': system(), 'open-files': resource.getrlimit(resource.RLIMIT_NOFILE)[1],
    }


def largest_leg_count():
    """How many legs the limit of open files allows a server that has two sockets for each."""
    return (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 200) // 2


def free_port(kind=socket.SOCK_DGRAM, first=5070, last=9990):
    """A port nobody has, below the range the kernel hands out by itself."""
    for port in range(first, last):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue
    raise RuntimeError('no free port from %d to %d' % (first, last))
