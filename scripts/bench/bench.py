"""Confab beside Janus AudioBridge: the same loads in the same run, in turns. Called by scripts/bench.sh."""
import argparse
import datetime
import json
import os
import statistics
import sys
import time

import allocations
import quality
import report
from confab import TOP, Confab
from confab import BINARY as CONFAB_BINARY
from generator import BINARY as LOAD_BINARY
from generator import Generator
from janus import Janus
from loads import BY_KEY, LOADS, Load
from machine import cores, describe, largest_leg_count
from search import search

RTP_PORTS = '10000-32767'
"""Below the ports the kernel gives to the generator."""
OUTPUT = os.path.join(TOP, 'var/bench')
PARTS = ('capacity', 'gaps', 'quality', 'bad', 'delay', 'memory', 'idle', 'signalling', 'allocations')


class Bench:
    def __init__(self, servers, short):
        self.servers, self.short = servers, short
        self.server_core, self.generator_core = cores()
        self.results = {}
        self.started = time.monotonic()

    def say(self, text):
        elapsed = int(time.monotonic() - self.started)
        print('%3d:%02d  %s' % (elapsed // 60, elapsed % 60, text), flush=True)

    def start(self, server, load):
        return server(OUTPUT, self.server_core, RTP_PORTS, load.security)

    def run(self, server, load, participants, **more):
        """One load on one server, which is started for it and ends with it."""
        up = self.start(server, load)
        try:
            before = up.process.resident()
            result = self.generate(up, load, participants, **more).wait()
        finally:
            up.stop()
        result.resident_before = before
        self.say('%-18s %-10s %5d: %s' % (server.name, load.key, participants, self.verdict(result)))
        return result

    def generate(self, up, load, participants, **more):
        settings = {'ramp': 100 if load.security == 'dtls' else 250, 'warm_up': 2 + participants / 1000, **more}
        return Generator(up, load, participants, self.generator_core, OUTPUT, **settings)

    @staticmethod
    def verdict(result):
        words = 'mean %.1f/s, %d too few, gaps over 60 ms %.2f%%, ' % (
            result.mean_rate, result.too_few, 100 * result.gaps_over_60)
        words += 'server %.0f%% of its core, others %.0f%%, generator %.0f%%' % (
            100 * result.server['cpu'], 100 * result.others['cpu'], 100 * result.generator['cpu'])
        if result.joined < result.participants:
            words += ', %d joined' % result.joined
        return words + (', held' if result.held else '')

    def takers(self, load):
        return [server for server in self.servers if load.security in server.securities and load.codec in server.codecs]

    def capacity(self, load):
        """The largest N of each server, found in turns."""
        outcome = {}
        searches = {}
        for server in self.takers(load):
            limit = largest_leg_count() if server is Confab else 2000
            searches[server] = search(load, load.start[server.name], limit)
            outcome[server.name] = {'steps': []}
        upcoming = {server: next(each) for server, each in searches.items()}
        while upcoming:
            for server, participants in list(upcoming.items()):
                result = self.run(server, load, participants, duration=5)
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
        return {
            server.name: {'steps': [self.run(server, load, load.short[server.name], duration=4).summary()]}
            for server in self.takers(load)}

    def held_by(self, server, load):
        """The largest N found for a load in this run or a former one; the short form's fixed N otherwise."""
        found = self.results.get('capacity', {}).get(load.key, {}).get(server.name, {}).get('largest')
        return found or load.short.get(server.name) or load.start[server.name] // 2

    # The parts. Each returns what goes into the results under its name.

    def do_capacity(self, keys):
        found = self.results.get('capacity', {}) if keys else {}
        for load in LOADS:
            if load.key not in keys if keys else load.optional or self.short and not load.short:
                continue
            found[load.key] = self.fixed(load) if self.short else self.capacity(load)
            self.results['capacity'] = found
        return found

    def do_gaps(self, _):
        """Gaps between packets at half of the largest N."""
        load = BY_KEY['silence']
        found = {}
        for server in self.takers(load):
            participants = max(10, self.held_by(server, load) // 2)
            found[server.name] = self.run(server, load, participants, duration=5 if self.short else 30).summary()
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
        for server in self.takers(load):
            participants = max(10, self.held_by(server, load) // 2)
            seconds = 5 if self.short else 15
            without = self.results.get('gaps', {}).get(server.name) if self.short else None
            kinds = 'flood=%f,forge=0.05,type=0.02,jump=0.02,long=0.02,stereo=0.02' % (1 / participants)
            found[server.name] = {
                'without': without or self.run(server, load, participants, duration=seconds).summary(),
                'with': self.run(server, load, participants, duration=seconds, extra=['--bad', kinds]).summary()}
        return found

    def do_delay(self, _):
        """From the packet that brings a tone burst to the packet that takes its onset to a listener."""
        found = {}
        for codec in ('opus', 'pcmu'):
            for talkers in (3,) if self.short else (3, 1):
                key = codec if talkers > 1 else codec + '-alone'
                load = Load('delay', 'ten in a room, one sends tone bursts', codec=codec, talkers=talkers)
                runs = {server: [] for server in self.takers(load)}
                for _ in range(2 if self.short or talkers == 1 else 4):
                    for server in runs:
                        runs[server].append(self.run(
                            server, load, 10, duration=4 if self.short else 6,
                            extra=['--marker', '--marker-listeners', 9]).delay())
                found[key] = {server.name: pooled(each) for server, each in runs.items()}
        return found

    def do_memory(self, _):
        """What a participant takes of memory."""
        load = BY_KEY['levels']
        found = {}
        for server in self.takers(load):
            participants = (200 if self.short else 1000) if server is Confab else 50
            result = self.run(server, load, participants, duration=4)
            grown = result.server['resident'] - result.resident_before
            found[server.name] = {
                'participants': participants, 'before': result.resident_before, 'during': result.server['resident'],
                'each': round(grown / participants)}
        return found

    def do_idle(self, _):
        """CPU of rooms in which nobody talks."""
        load = Load('idle', 'rooms of two silent participants', rooms_of=2, talkers=0, rest='dtx')
        found = {}
        for server in self.takers(load):
            rooms = (400 if self.short else 1000) if server is Confab else 20
            result = self.run(server, load, 2 * rooms, duration=5 if self.short else 15, warm_up=4)
            found[server.name] = {
                'rooms': rooms, 'joined': result.joined, 'cpu': round(result.server['cpu'], 4),
                'cpu-of-a-room': result.server['cpu'] / rooms}
        return found

    def do_signalling(self, _):
        """50 calls a second come in while others listen."""
        load = BY_KEY['silence']
        calls = Load('calls', 'rooms of five', rooms_of=5, talkers=1, rest='nothing')
        listeners, seconds = (200, 6) if self.short else (1000, 15)
        up = self.start(Confab, load)
        try:
            alone = self.generate(up, load, listeners, duration=seconds, tag='listening-alone').wait()
        finally:
            up.stop()
        up = self.start(Confab, load)
        try:
            listening = self.generate(up, load, listeners, duration=seconds, warm_up=4, tag='listening')
            time.sleep(listeners / listening.ramp + 3)
            calling = self.generate(up, calls, 50 * (seconds - 1), ramp=50, duration=1, warm_up=0, tag='calling',
                                    room='calls')
            called, listened = calling.wait(), listening.wait()
        finally:
            up.stop()
        self.say('%-18s %d calls, 50 a second: %s' % (Confab.name, called.joined, self.verdict(listened)))
        return {
            'listeners': listeners, 'alone': alone.summary(), 'listening': listened.summary(),
            'calls': called.summary(), 'answer': called.signalling()}

    def do_allocations(self, _):
        seconds, settle = (10, 8) if self.short else (60, 20)
        found = allocations.measure(OUTPUT, RTP_PORTS, seconds, settle)
        self.say('%-18s %s allocations on %d media threads in %.0f s' % (
            Confab.name, found['media-allocations'], found['media-threads'], found['seconds']))
        return found


def pooled(runs):
    """The delays of several runs as one. How the senders' 20 ms slots lie to each other is drawn anew for each run, and a
    run's delays hardly differ: what counts is the spread over runs, each listener of each run weighing the same."""
    listeners = [listener for run in runs for listener in run['listeners'] if listener['count']]
    medians, highest = sorted(each['median'] for each in listeners), sorted(each['p99'] for each in listeners)
    return {
        'count': sum(run['count'] for run in runs), 'missed': sum(run['audible']['markers-missed'] for run in runs),
        'median': statistics.median(medians) if medians else 0,
        'p99': highest[-max(1, len(highest) // 100)] if highest else 0,
        'runs': [{'median': run['median'], 'p99': run['p99']} for run in runs]}


def arguments():
    parser = argparse.ArgumentParser(prog='bench.sh', description=__doc__)
    parser.add_argument('--short', action='store_true', help='fewer loads at a fixed N: three to five minutes')
    parser.add_argument('--only', default='', metavar='PART[:LOAD],…', help='these parts (%s); the rest of the '
                        'results stays as the last run left it' % ', '.join(PARTS))
    parser.add_argument('--report', action='store_true', help='only write docs/performance.md from the last results')
    return parser.parse_args()


def main():
    options = arguments()
    path = os.path.join(OUTPUT, 'short.json' if options.short else 'results.json')
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
        if part not in PARTS or load and load not in BY_KEY:
            sys.exit('there is no part or load named ' + word)
        wanted.setdefault(part, []).extend([load] if load else [])
    print('%s on core %d, the generator on core %d; about %d minutes.' % (
        ' and '.join(server.version() for server in servers), *cores(), 5 if options.short else 40), flush=True)
    bench = Bench(servers, options.short)
    bench.results = former
    failures = []
    for part in PARTS:
        if wanted and part not in wanted:
            continue
        try:
            bench.results[part] = getattr(bench, 'do_' + part)(wanted.get(part, []))
        except Exception as error:
            failures.append(part)
            bench.say('%s: %s: %s' % (part, type(error).__name__, error))
        bench.results.update({
            'machine': describe(), 'versions': {server.name: server.version() for server in servers},
            'date': datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC'),
            'minutes': round((time.monotonic() - bench.started) / 60, 1), 'short': options.short})
        with open(path, 'w') as out:
            json.dump(bench.results, out, indent=1)
    if not options.short:
        report.write(bench.results)
    if failures:
        sys.exit('not measured: ' + ', '.join(failures))


if __name__ == '__main__':
    main()
