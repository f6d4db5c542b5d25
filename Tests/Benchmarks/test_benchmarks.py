"""The short form of the benchmark, and what must be true of it on any machine: ratios, gaps, delay,
memory, no allocations.

    var/venv/bin/python Tests/Benchmarks/test_benchmarks.py

BENCH_RESULTS names results of an earlier run to judge instead of measuring anew.
"""
import functools
import json
import os
import subprocess
import sys
import time
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
CONFAB, JANUS = 'Confab', 'Janus AudioBridge'


SHORT = os.path.join(TOP, 'var/bench/short.json')
# Other guests of a machine come and go in minutes.
PAUSE = 20
LONGEST_AGAIN = 150
"""Seconds, of all tests together, in which what failed is measured anew."""
TICK = 20


def bench(*words):
    subprocess.run([os.path.join(TOP, 'scripts/bench.sh'), '--short', *words], check=True)


def results():
    with open(os.environ.get('BENCH_RESULTS') or SHORT) as found:
        return json.load(found)


def stood_still(step):
    """The share of a step's intervals between packets in which a machine that stands still can leave a gap: each time it does, one
    before and one after it, for everybody."""
    return 2 * step['stalls'] / (50 * step['seconds'])


def of(*parts):
    """A test of these parts. Where it fails they are measured anew, while there is time for it, before it counts: what other guests
    of the same machine take of its cores is seen only in part (metronome.py), and it only ever makes a figure worse."""
    def decorated(test):
        @functools.wraps(test)
        def judged(self):
            while not os.environ.get('BENCH_RESULTS') and Benchmarks.again < LONGEST_AGAIN:
                try:
                    return test(self)
                except AssertionError as failed:
                    print('measured anew: %s' % failed, file=sys.stderr)
                started = time.monotonic()
                time.sleep(PAUSE)
                bench('--only', ','.join(parts))
                Benchmarks.again += time.monotonic() - started
                Benchmarks.results = results()
            test(self)
        return judged
    return decorated


class Benchmarks(unittest.TestCase):
    again = 0

    @classmethod
    def setUpClass(cls):
        if not os.environ.get('BENCH_RESULTS'):
            bench()
        cls.results = results()

    def part(self, *path):
        found = self.results
        for key in path:
            if key not in found:
                self.skipTest('not measured: ' + ' '.join(path))
            found = found[key]
        return found

    def step(self, load, server):
        return self.part('capacity', load, server, 'steps')[-1]

    def check_held(self, step):
        self.assertEqual(step['joined'], step['participants'])
        if not step['held']:
            # Only where the machine stood still, and by no more than that.
            self.assertGreater(step['stalls'], 0, step)
            self.assertLess(step['gaps-over-60'], 0.005 + stood_still(step), step)
            self.assertGreater(step['mean-rate'], 49.5 - 50 * step['stalled'] / 1000 / step['seconds'], step)

    def check_cost(self, load, ratio):
        ours, theirs = self.step(load, CONFAB), self.step(load, JANUS)
        self.assertLess(
            ratio * ours['server-cpu'] / ours['participants'], theirs['server-cpu'] / theirs['participants'])

    @of('capacity:silence')
    def test_a_large_room_is_held_at_an_eighth_of_what_it_costs_janus(self):
        self.check_held(self.step('silence', CONFAB))
        self.check_cost('silence', 8)

    @of('capacity:fives')
    def test_small_rooms_are_held_at_half_of_what_they_cost_janus(self):
        self.check_held(self.step('fives', CONFAB))
        self.check_cost('fives', 2)

    @of('capacity:pcmu')
    def test_a_room_of_phones_is_held_at_half_of_what_it_costs_janus(self):
        # At this N each packet still wakes the server by itself; the ratio grows with N.
        self.check_held(self.step('pcmu', CONFAB))
        self.check_cost('pcmu', 2)

    @of('capacity:silence', 'gaps')
    def test_packets_go_out_on_time(self):
        step = self.part('gaps', CONFAB)
        self.assertLess(step['gaps-over-30'], 0.001 + stood_still(step), step)

    @of('quality')
    def test_speech_comes_through_at_least_as_well_as_through_janus(self):
        ours, theirs = self.part('quality', CONFAB), self.part('quality', JANUS)
        self.assertGreater(ours['segmental_snr'], theirs['segmental_snr'] - 1)
        self.assertLess(ours['spectral_distance'], theirs['spectral_distance'] + 0.5)

    @of('delay')
    def test_delay_is_short(self):
        # Of one who talks alone: no chance is in it.
        for codec, most in (('pcmu-alone', 15), ('opus-alone', 30)):
            found = self.part('delay', codec, CONFAB)
            self.assertEqual(found['missed'], 0)
            # A machine that stands still is jitter: who talks is buffered for as long as it took, in whole packets.
            still = found['longest-stall'] and 2 * found['longest-stall'] + TICK
            self.assertLessEqual(found['median'], most + still, found)
            # Where the machine does not run us in time a packet goes out one tick later, and no more than one.
            self.assertLessEqual(found['p99'], found['median'] + TICK + 2 + still, found)

    @of('capacity:silence', 'memory')
    def test_a_participant_takes_little_memory(self):
        self.assertLessEqual(self.part('memory', CONFAB)['each'], 64 * 1024)

    @of('capacity:silence', 'idle')
    def test_an_idle_room_costs_a_fraction_of_what_one_listener_costs_janus(self):
        # The full form asks for 0.1 of a core for a thousand rooms. With the few there are here each turn wakes the server by
        # itself, and what that costs differs from machine to machine: 1/71 was measured on one, 1/42 on another.
        theirs = self.step('silence', JANUS)
        self.assertLess(25 * self.part('idle', CONFAB)['cpu-of-a-room'], theirs['server-cpu'] / theirs['participants'])

    @of('capacity:silence', 'signalling')
    def test_calls_coming_in_do_not_hold_up_the_listeners(self):
        found = self.part('signalling')
        self.assertEqual(found['calls']['joined'], found['calls']['participants'])
        self.check_held(found['listening'])

    @of('capacity:silence', 'bad')
    def test_bad_input_of_one_leaves_the_others_alone(self):
        runs = self.part('bad', CONFAB)
        least = 0.1 + 50 * runs['with']['stalled'] / 1000 / runs['with']['seconds']
        self.assertGreater(runs['with']['mean-rate'], runs['without']['mean-rate'] - least)

    @of('gateway')
    def test_three_hundred_relayed_calls_take_less_than_a_core_and_lose_nothing(self):
        found = self.part('gateway')
        relayed, transcoded = found['opus'], found['opus-pcmu']
        for step in (relayed, transcoded):
            self.assertEqual(step['joined'], 2 * step['calls'], step)
        self.assertGreaterEqual(relayed['calls'], 300)
        self.assertEqual(relayed['lost'], 0)
        self.assertLess(relayed['server-cpu'], 0.9)
        self.assertLess(4 * relayed['cpu-of-a-call'], transcoded['cpu-of-a-call'])

    @of('allocations')
    def test_media_threads_allocate_nothing(self):
        found = self.part('allocations')
        self.assertGreater(found['media-threads'], 0, found['threads'])
        self.assertEqual(found['media-allocations'], 0, found['threads'])


if __name__ == '__main__':
    sys.exit(not unittest.main(exit=False, verbosity=2).result.wasSuccessful())
