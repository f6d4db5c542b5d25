"""Confab beside Janus AudioBridge: the same loads in the same run, in turns. Called by scripts/bench.sh."""
import argparse
import contextlib
import datetime
import json
import os
import statistics
import subprocess
import sys
import time

import allocations
import gateway
import quality
import report
from confab import TOP, Confab
from confab import BINARY as CONFAB_BINARY
from generator import BINARY as LOAD_BINARY
from generator import Failure, Generator, seconds
from janus import Janus
from loads import BY_KEY, LOADS, Load
from machine import cores, describe, largest_leg_count
from metronome import Metronome
from search import search

RTP_PORTS = '10000-32767'
"""Below the ports the kernel gives to the generator."""
OUTPUT = os.path.join(TOP, 'var/bench')
LONGEST_SEARCHING = 25 * 60
"""Seconds after which searches only end what they began."""
PARTS = ('capacity', 'gaps', 'quality', 'bad', 'delay', 'memory', 'idle', 'signalling', 'gateway', 'allocations')


class Bench:
    def __init__(self, servers, short, results):
        self.servers, self.short, self.results = servers, short, results
        self.server_core, self.generator_core = cores()
        self.started = time.monotonic()
        self.others = 0.0

    def say(self, text):
        elapsed = int(time.monotonic() - self.started)
        print('%3d:%02d  %s' % (elapsed // 60, elapsed % 60, text), flush=True)

    def start(self, server, load):
        return server(OUTPUT, self.server_core, RTP_PORTS, load.security)

    def run(self, server, load, participants, **more):
        """One load on one server, which is started for it and ends with it."""
        up, stalls = self.start(server, load), []
        try:
            before = up.process.resident()
            with self.watching(stalls):
                result = self.generate(up, load, participants, **more).wait()
        finally:
            up.stop()
        result.resident_before, result.stalls = before, stalls
        self.others = max(self.others, result.others['cpu'])
        self.say('%-18s %-10s %5d: %s' % (server.name, load.key, participants, self.verdict(result)))
        return result

    @contextlib.contextmanager
    def watching(self, stalls):
        """The short form says how often the machine stood still meanwhile: it is judged wherever it happens to run."""
        metronome = Metronome((self.server_core, self.generator_core) if self.short else ())
        try:
            yield
        finally:
            stalls += metronome.stop()

    def attempt(self, server, load, participants, **more):
        """A run of a search: one that comes to nothing is a failure like any other."""
        try:
            return self.run(server, load, participants, **more)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            self.say('%-18s %-10s %5d: %s: %s' % (server.name, load.key, participants, type(error).__name__, error))
            return Failure(participants, error)

    def generate(self, up, load, participants, **more):
        return Generator(up, load, participants, self.generator_core, OUTPUT, **{**self.pace(load, participants), **more})

    def pace(self, load, participants):
        return {'ramp': load.ramp, 'warm_up': load.settling + participants / 1000}

    @staticmethod
    def verdict(result):
        words = 'mean %.1f/s, %d too few, gaps over 60 ms %.2f%%, ' % (
            result.mean_rate, result.too_few, 100 * result.gaps_over_60)
        words += 'server %.0f%% of its core, others %.0f%%, generator %.0f%%' % (
            100 * result.server['cpu'], 100 * result.others['cpu'], 100 * result.generator['cpu'])
        if result.joined < result.participants:
            words += ', %d joined' % result.joined
        if result.stalls:
            words += ', the machine stood still %d times, at most %.0f ms' % (len(result.stalls), 1000 * max(result.stalls))
        return words + (', held' if result.held else ', generator-bound' if result.generator_limited else '')

    def takers(self, load):
        return [server for server in self.servers if load.security in server.securities and load.codec in server.codecs]

    def hurry(self):
        return time.monotonic() - self.started > LONGEST_SEARCHING

    def capacity(self, load):
        """The largest N of each server, found in turns."""
        outcome = {}
        searches = {}
        for server in self.takers(load):
            limit = largest_leg_count() if server is Confab else 2000
            searches[server] = search(load, load.start[server.name], limit, self.hurry)
            outcome[server.name] = {'steps': []}
        upcoming = {server: next(each) for server, each in searches.items()}
        while upcoming:
            for server, participants in list(upcoming.items()):
                result = self.attempt(server, load, participants, duration=5)
                outcome[server.name]['steps'].append(result.summary())
                try:
                    upcoming[server] = searches[server].send(result)
                except StopIteration as end:
                    found = end.value
                    outcome[server.name].update(
                        {'largest': found.largest, 'bounded': found.bounded, 'reason': found.reason})
                    self.say('%-18s %-10s holds %d%s' % (
                        server.name, load.key, found.largest, ' or more: ' + found.reason if found.bounded else ''))
                    del upcoming[server]
        return outcome

    def fixed(self, load):
        """The short form: one N for each server instead of a search."""
        outcome = {}
        for server in self.takers(load):
            result = self.run(server, load, load.short[server.name], duration=4, warm_up=1.5)
            outcome[server.name] = {'steps': [{**result.summary(), 'resident-before': result.resident_before}]}
        return outcome

    def held_by(self, server, load):
        """The largest N found for a load in this run or a former one; otherwise where its search would begin, in the short
        form its fixed N."""
        found = self.results.get('capacity', {}).get(load.key, {}).get(server.name, {}).get('largest')
        return found or (load.short if self.short else load.start)[server.name]

    def fixed_step(self, server):
        """The short form's run of the first load, of which several parts tell; measured now when it is missing."""
        capacity = self.results.setdefault('capacity', {})
        if server.name not in capacity.get('silence', {}):
            capacity['silence'] = self.fixed(BY_KEY['silence'])
        return capacity['silence'][server.name]['steps'][-1]

    # The parts. Each returns what goes into the results under its name.

    def do_capacity(self, keys):
        found = self.results.setdefault('capacity', {}) if keys else {}
        for load in LOADS:
            if load.key not in keys if keys else load.optional or self.short and not load.short:
                continue
            self.say('%s' % load.title)
            before = time.monotonic()
            found[load.key] = self.fixed(load) if self.short else self.capacity(load)
            self.results['capacity'] = found
            self.note('capacity:' + load.key, before)
        return found

    def do_gaps(self, _):
        """Gaps between packets at half of the largest N, and what the server costs on the way there."""
        load = BY_KEY['silence']
        if self.short:
            return {server.name: self.fixed_step(server) for server in self.takers(load)}
        found = {}
        for server in self.takers(load):
            largest = self.held_by(server, load)
            found[server.name] = {
                **self.run(server, load, max(10, largest // 2), duration=30).summary(),
                'below': [self.run(server, load, max(10, largest * part // 100), duration=4).summary()
                          for part in (10, 25)]}
        return found

    def do_quality(self, _):
        """Speech through the mixer against the original, at the largest N."""
        load = Load('quality', 'one room, one talks, the rest send silence', talkers=1)
        return quality.measure(self, {
            server: self.held_by(server, BY_KEY['silence']) for server in self.takers(load)}, load)

    def do_bad(self, _):
        """What one participant gone bad does to the others, at half load."""
        load = BY_KEY['silence']
        found = {}
        for server in [Confab] if self.short else self.takers(load):
            largest = self.held_by(server, load)
            participants = largest if self.short else max(10, largest // 2)
            seconds = 4 if self.short else 10
            kinds = 'flood=%f,forge=0.05,type=0.02,jump=0.02,long=0.02,stereo=0.02' % (1.5 / participants)
            without = self.fixed_step(server) if self.short else self.run(
                server, load, participants, duration=seconds).summary()
            found[server.name] = {
                'without': without,
                'with': self.run(server, load, participants, duration=seconds, extra=['--bad', kinds]).summary()}
        return found

    def do_delay(self, _):
        """From the packet that brings a tone burst to the packet that takes its onset to a listener."""
        found = {}
        for codec in ('pcmu', 'opus'):
            for talkers, runs in ((1, 1),) if self.short else ((1, 2), (3, 4)):
                key = codec if talkers > 1 else codec + '-alone'
                load = Load('delay', 'ten in a room, one sends tone bursts', codec=codec, talkers=talkers)
                measured = {server: [] for server in ([Confab] if self.short else self.takers(load))}
                for _ in range(runs):
                    for server, delays in measured.items():
                        delays.append(self.run(
                            server, load, 10, duration=5, extra=['--marker', '--marker-listeners', 9]).delay())
                found[key] = {server.name: pooled(each) for server, each in measured.items()}
                for name, delay in found[key].items():
                    self.say('%-18s %-10s median %.1f ms (%.1f to %.1f), 99th percentile %.1f ms' % (
                        name, key, delay['median'], delay['lowest'], delay['highest'], delay['p99']))
        return found

    def do_memory(self, _):
        """What a participant takes of memory."""
        found = {}
        load = BY_KEY['levels']
        for server in [Confab] if self.short else self.takers(load):
            if self.short:
                step = self.fixed_step(server)
                participants, before, during = step['participants'], step['resident-before'], step['server-resident']
            else:
                participants = 1000 if server is Confab else 50
                result = self.run(server, load, participants, duration=4)
                before, during = result.resident_before, result.server['resident']
                participants = max(1, result.joined)
            found[server.name] = {
                'participants': participants, 'before': before, 'during': during,
                'each': round((during - before) / participants)}
        return found

    def do_idle(self, _):
        """CPU of rooms in which nobody talks."""
        load = Load('idle', 'rooms of two silent participants', rooms_of=2, talkers=0, rest='dtx')
        found = {}
        for server in [Confab] if self.short else self.takers(load):
            rooms = (300 if self.short else 1000) if server is Confab else 20
            result = self.run(server, load, 2 * rooms, duration=5 if self.short else 15, warm_up=4)
            found[server.name] = {
                'rooms': rooms, 'joined': result.joined, 'cpu': round(result.server['cpu'], 4),
                'cpu-of-a-room': result.server['cpu'] / rooms}
        return found

    def do_signalling(self, _):
        """50 calls a second come in while others listen."""
        load = BY_KEY['silence']
        calls = Load('calls', 'rooms of five', rooms_of=5, talkers=1, rest='nothing')
        listeners, seconds = (200, 5) if self.short else (1000, 15)
        alone = self.fixed_step(Confab) if self.short else self.run(
            Confab, load, listeners, duration=seconds, tag='listening-alone').summary()
        up, stalls = self.start(Confab, load), []
        try:
            with self.watching(stalls):
                listening = self.generate(up, load, listeners, duration=seconds, warm_up=4, tag='listening')
                time.sleep(listeners / listening.ramp + 3)
                calling = self.generate(up, calls, 50 * (seconds - 1), ramp=50, duration=1, warm_up=0, tag='calling',
                                        room='calls')
                called, listened = calling.wait(), listening.wait()
        finally:
            up.stop()
        listened.stalls = stalls
        self.others = max(self.others, listened.others['cpu'])
        self.say('%-18s %d calls, 50 a second: %s' % (Confab.name, called.joined, self.verdict(listened)))
        return {
            'listeners': listeners, 'alone': alone, 'listening': listened.summary(),
            'calls': called.summary(), 'answer': called.signalling()}

    def do_gateway(self, _):
        """What a call across the gateway costs, relayed and transcoded."""
        return gateway.measure(self)

    def do_allocations(self, _):
        found = allocations.measure(OUTPUT, RTP_PORTS, *((30, 6) if self.short else (60, 20)))
        self.say('%-18s %s allocations on %d media threads in %.0f s' % (
            Confab.name, found['media-allocations'], found['media-threads'], found['seconds']))
        return found

    def note(self, part, before):
        """When and how long a part was measured, in which run, and how much others had of the server's core."""
        self.results.setdefault('measured', {})[part] = {
            'run': self.run_name, 'seconds': round(time.monotonic() - before), 'others-cpu': round(self.others, 3)}
        self.save()

    def measure(self, wanted):
        """The parts wanted, or all; -> those that came to nothing."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M:%S UTC')
        self.run_name = now
        self.results.update({'machine': describe(), 'short': self.short})
        runs = self.results.setdefault('runs', {})
        if not wanted:
            self.results.pop('measured', None)
            runs.clear()
        runs[now] = {'versions': {server.name: server.version() for server in self.servers}, 'all': not wanted}
        self.results['versions'] = {**self.results.get('versions', {}), **runs[now]['versions']}
        failures = []
        for part in PARTS:
            if wanted and part not in wanted:
                continue
            before, self.others = time.monotonic(), 0.0
            try:
                self.results[part] = getattr(self, 'do_' + part)(wanted.get(part, []))
                if part != 'capacity':
                    self.note(part, before)
            except Exception as error:
                failures.append(part)
                self.say('%s: %s: %s' % (part, type(error).__name__, error))
            runs[now]['minutes'] = round((time.monotonic() - self.started) / 60, 1)
            self.save()
        told = {entry['run'] for entry in self.results.get('measured', {}).values()}
        self.results['runs'] = {name: run for name, run in runs.items() if name in told}
        self.save()
        return failures

    def save(self):
        with open(results_path(self.short), 'w') as out:
            json.dump(self.results, out, indent=1)

    def minutes(self, wanted):
        """About how long it will take."""
        def run(load, participants, duration, **more):
            return seconds(participants, duration=duration, **{**self.pace(load, participants), **more}) + 1.5

        silence = BY_KEY['silence']
        total = 0
        for load in LOADS:
            keys = wanted.get('capacity')
            if wanted and keys is None or (load.key not in keys if keys else load.optional):
                continue
            for server in self.takers(load):
                if self.short:
                    if load.short:
                        total += run(load, load.short[server.name], 4, warm_up=1.5)
                else:
                    total += 5.5 * run(load, load.start[server.name], 5)
        largest = 3900 + 80
        others = {
            'gaps': 0 if self.short else run(silence, largest // 2, 30) + run(silence, largest // 3, 8) + 65,
            'quality': 24 if self.short else run(silence, largest, 30) + 35, 'bad': 9 if self.short else 100,
            'delay': 20 if self.short else 24 * 10.5, 'memory': 0 if self.short else 27, 'idle': 16 if self.short else 58,
            'signalling': 16 if self.short else 60, 'gateway': 22 if self.short else 110, 'allocations': 46 if self.short else 92}
        total += sum(time for part, time in others.items() if not wanted or part in wanted)
        return max(1, round(total / 60))


def pooled(runs):
    """The delays of several runs as one: the median of their medians, and the highest of their 99th percentiles. How the
    senders' 20 ms slots lie to each other is drawn anew for each run, and within a run the delays hardly differ."""
    heard = [run for run in runs if run['count']]
    medians = [run['median'] for run in heard] or [0]
    return {
        'count': sum(run['count'] for run in runs), 'missed': sum(run['audible']['markers-missed'] for run in runs),
        'median': statistics.median(medians), 'lowest': min(medians), 'highest': max(medians),
        'p99': max([run['p99'] for run in heard] or [0]),
        'above': max([run['p99'] - run['median'] for run in heard] or [0]),
        'longest-stall': max(run['longest-stall'] for run in runs),
        'runs': [{'median': run['median'], 'p99': run['p99']} for run in runs]}


def results_path(short):
    return os.path.join(OUTPUT, 'short.json' if short else 'results.json')


def arguments():
    parser = argparse.ArgumentParser(prog='bench.sh', description=__doc__)
    parser.add_argument('--short', action='store_true', help='fewer loads at a fixed N: three to four minutes')
    parser.add_argument('--only', default='', metavar='PART[:LOAD],…', help='these parts (%s); the rest of the '
                        'results stays as the last run left it' % ', '.join(PARTS))
    parser.add_argument('--report', action='store_true', help='only write docs/performance.md from the last results')
    return parser.parse_args()


def main():
    options = arguments()
    path = results_path(options.short)
    os.makedirs(OUTPUT, exist_ok=True)
    former = {}
    if (options.only or options.report) and os.path.exists(path):
        with open(path) as results:
            former = json.load(results)
    if options.report:
        return report.write(former)
    for binary in (CONFAB_BINARY, LOAD_BINARY):
        if not os.access(binary, os.X_OK):
            sys.exit('%s is missing: make bench builds it' % os.path.relpath(binary, TOP))
    servers = [server for server in (Confab, Janus) if server.version()]
    if Janus not in servers:
        print('Janus is not installed (apt-get install janus): Confab is measured alone.')
    os.chdir(TOP)
    wanted = {}
    for word in filter(None, options.only.split(',')):
        part, _, load = word.partition(':')
        if part not in PARTS or load and (load not in BY_KEY or part != 'capacity'):
            sys.exit('there is no part or load named ' + word)
        wanted.setdefault(part, []).extend([load] if load else [])
    bench = Bench(servers, options.short, former)
    print('%s on core %d, the generator on core %d; about %d minutes.' % (
        ' and '.join(server.version() for server in servers), *cores(), bench.minutes(wanted)), flush=True)
    failures = bench.measure(wanted)
    if not options.short:
        report.write(bench.results)
    if failures:
        sys.exit('not measured: ' + ', '.join(failures))


if __name__ == '__main__':
    main()
