"""confab-load as a process on the second core, and its JSON."""
import json
import os
import select
import time
from dataclasses import replace

from confab import TOP
from process import Process, Sampler

BINARY = os.environ.get('CONFAB_LOAD_BINARY') or os.path.join(TOP, '.build/release/confab-load')
LONGEST_GAPS = 0.005
DISTURBED = 0.05
"""The share of the server's core that others may have before a run that failed is made again."""


class GeneratorError(RuntimeError):
    pass


def number(value, *path, default=0.0):
    """A number from nested objects, or the default where it is missing or null."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, (int, float)) else default


def seconds(participants, ramp, warm_up, duration):
    """What a run takes: joining, waiting, measuring, leaving."""
    return participants / ramp + warm_up + duration + max(2, participants / 500)


class Failure:
    """A run that came to nothing: it was not held, and may well be another time."""

    held, close, disturbed, generator_limited, share_received = False, True, True, False, 0.5
    server = generator = others = {'cpu': 0.0, 'resident': 0}

    def __init__(self, participants, error):
        self.participants, self.error = participants, error

    def summary(self):
        return {'participants': self.participants, 'held': False, 'error': str(self.error)}


class Result:
    """One run as the generator saw it, and what the server cost meanwhile."""

    def __init__(self, load, participants, said, used):
        self.load, self.participants, self.said = load, participants, said
        self.server, self.generator, self.others = used['server'], used['generator'], used['others']
        self.stalls = []
        """Seconds, each: how late the machine ran what only had to wake (metronome.py); empty where that was not watched."""

    @property
    def joined(self):
        return int(number(self.said, 'participants', 'joined'))

    @property
    def lowest_rate(self):
        return number(self.said, 'received', 'per-participant-per-s', 'min')

    @property
    def mean_rate(self):
        return number(self.said, 'received', 'per-participant-per-s', 'mean')

    @property
    def short_of_packets(self):
        """Participants who received fewer than 49.5 packets a second."""
        return int(number(self.said, 'participants', 'below-49.5-per-s'))

    @property
    def too_few(self):
        """The same without those to whom nobody speaks."""
        return max(0, self.short_of_packets - self.load.lonely(self.participants))

    @property
    def gaps_over_30(self):
        return number(self.said, 'gaps', 'share-over-30-ms')

    @property
    def gaps_over_60(self):
        return number(self.said, 'gaps', 'share-over-60-ms')

    @property
    def held(self):
        return (self.joined == self.participants and self.too_few == 0 and self.mean_rate > 0
                and self.gaps_over_60 < LONGEST_GAPS)

    @property
    def close(self):
        """Whether it was not held by so little that another run may well hold."""
        return (self.joined >= 0.99 * self.participants and self.gaps_over_60 < 0.03
                and self.too_few < 0.1 * self.participants)

    @property
    def disturbed(self):
        """Whether something else had the server's core."""
        return self.others['cpu'] > DISTURBED

    @property
    def share_received(self):
        """Of the packets that should have reached the participants, how many did."""
        spoken_to = self.participants - self.load.lonely(self.participants)
        return self.mean_rate * self.joined / (50 * spoken_to) if spoken_to else 1.0

    @property
    def generator_limited(self):
        """Whether it was not held because the generator was at its end, and not the server."""
        at_its_end = self.generator['cpu'] > 0.9 or self.lateness > 3 or self.drops > 0
        return not self.held and at_its_end and self.server['cpu'] < 0.9

    @property
    def drops(self):
        """Packets that reached the generator's sockets and found them full."""
        return int(number(self.said, 'generator', 'receive-buffer-drops'))

    @property
    def lateness(self):
        """99th percentile of how late the generator sent, in milliseconds."""
        return number(self.said, 'generator', 'late-ms', 'p99')

    def delay(self):
        """Milliseconds from the packet that brings a tone's onset to the packet that takes it to a listener."""
        return {**self.said.get('delay-ms', {}), 'audible': self.said.get('audible'), **self.stillness()}

    def signalling(self):
        """Milliseconds that the steps of joining took."""
        return self.said.get('signalling-ms') or {}

    def stillness(self):
        """How often and how long, in milliseconds, the machine stood still from the first call to the last."""
        return {'stalls': len(self.stalls), 'stalled': round(1000 * sum(self.stalls), 1),
                'longest-stall': round(1000 * max(self.stalls, default=0), 1)}

    def summary(self):
        return {
            **self.stillness(), 'seconds': number(self.said, 'duration-s'),
            'participants': self.participants, 'joined': self.joined, 'held': self.held,
            'lowest-rate': round(self.lowest_rate, 2), 'mean-rate': round(self.mean_rate, 2),
            'gaps-over-30': round(self.gaps_over_30, 6), 'gaps-over-60': round(self.gaps_over_60, 6),
            'server-cpu': round(self.server['cpu'], 3), 'server-resident': self.server['resident'],
            'others-cpu': round(self.others['cpu'], 3),
            'below': self.short_of_packets, 'audible-gaps': number(self.said, 'audible', 'share'),
            'generator-cpu': round(self.generator['cpu'], 3), 'generator-lateness': round(self.lateness, 2),
            'generator-drops': self.drops, 'generator-limited': self.generator_limited,
            'longest-gap': round(number(self.said, 'gaps', 'longest-ms'), 1),
        }


class Generator:
    """One run of confab-load against a server that is up."""

    def __init__(self, server, load, participants, core, directory, duration=5, warm_up=2, ramp=250, extra=(),
                 tag='load', room='bench'):
        os.makedirs(directory, exist_ok=True)
        load = replace(load, rest=server.rests.get(load.rest, load.rest))
        self.load, self.participants, self.server = load, participants, server
        self.duration, self.warm_up, self.ramp = duration, warm_up, ramp
        self.report = os.path.join(directory, tag + '.json')
        if os.path.exists(self.report):
            os.remove(self.report)
        announced = not hasattr(server, 'generator')
        signalling = ['rtp', '--endpoints', '-', '--announce'] if announced else server.generator(load, room)
        command = [BINARY, *signalling, *load.options(participants), '--ramp', ramp, '--duration', duration,
                   '--warm-up', warm_up, '--json', self.report, '--cpu', core, *extra]
        self.process = Process(command, core, os.path.join(directory, tag + '.log'), pipes=announced)
        self.sampler = Sampler(self.is_measuring, server=server.process, generator=self.process)
        if announced:
            self._introduce(load)

    def _introduce(self, load):
        """Reads the generator's own addresses, has the server join them, tells the generator where to send."""
        addresses, rest, end = [], b'', time.monotonic() + 30
        while len(addresses) < self.participants:
            ready, _, _ = select.select([self.process.child.stdout], [], [], max(0, end - time.monotonic()))
            data = os.read(self.process.child.stdout.fileno(), 1 << 16) if ready else b''
            if not data:
                self.stop()
                raise GeneratorError('confab-load announced no addresses: ' + self.process.last_words())
            *lines, rest = (rest + data).split(b'\n')
            for line in filter(None, lines):
                host, _, port = json.loads(line)['local'].rpartition(':')
                addresses.append((host, int(port)))
        endpoints = self.server.join(addresses, load)
        self.process.child.stdin.write(b''.join(json.dumps(endpoint).encode() + b'\n' for endpoint in endpoints))
        self.process.child.stdin.close()

    def is_measuring(self):
        """Whether it has begun to measure and has not ended, by its progress line."""
        return ' measuring ' in self.process.last_words(1)

    def expected_seconds(self):
        return seconds(self.participants, self.ramp, self.warm_up, self.duration)

    def wait(self):
        """-> the result, once the run has ended by itself."""
        try:
            self.process.child.wait(self.expected_seconds() * 3 + 60)
        except Exception:
            self.stop()
            raise GeneratorError('confab-load did not end: ' + self.process.last_words()) from None
        self.sampler.stop()
        if not os.path.exists(self.report):
            raise GeneratorError('confab-load left no report: ' + self.process.last_words())
        with open(self.report) as report:
            said = json.load(report)
        return Result(self.load, self.participants, said, self.sampler.during(self.duration))

    def stop(self):
        self.sampler.stop()
        self.process.stop()
