"""The short form of the benchmark, and what must be true of it on any machine: ratios, gaps, no allocations.

    var/venv/bin/python Tests/Benchmarks/test_benchmarks.py

BENCH_RESULTS names results of an earlier run to judge instead of measuring anew.
"""
import json
import os
import subprocess
import sys
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
CONFAB, JANUS = 'Confab', 'Janus AudioBridge'


def results():
    path = os.environ.get('BENCH_RESULTS')
    if not path:
        subprocess.run([os.path.join(TOP, 'scripts/bench.sh'), '--short'], check=True)
        path = os.path.join(TOP, 'var/bench/short.json')
    with open(path) as found:
        return json.load(found)


class Benchmarks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
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

    def test_every_load_of_the_short_form_is_held(self):
        for load in ('silence', 'fives', 'pcmu'):
            with self.subTest(load=load):
                step = self.step(load, CONFAB)
                self.assertEqual(step['joined'], step['participants'])
                self.assertTrue(step['held'], step)

    def test_a_participant_costs_a_fraction_of_what_it_costs_janus(self):
        for load, ratio in (('silence', 8), ('fives', 2), ('pcmu', 3)):
            with self.subTest(load=load):
                ours, theirs = self.step(load, CONFAB), self.step(load, JANUS)
                self.assertLess(
                    ratio * ours['server-cpu'] / ours['participants'], theirs['server-cpu'] / theirs['participants'])

    def test_packets_go_out_on_time_at_half_load(self):
        self.assertLess(self.part('gaps', CONFAB)['gaps-over-30'], 0.001)

    def test_speech_comes_through_at_least_as_well_as_through_janus(self):
        ours, theirs = self.part('quality', CONFAB), self.part('quality', JANUS)
        self.assertGreater(ours['segmental_snr'], theirs['segmental_snr'] - 1)

    def test_delay_is_short(self):
        """Two runs, in which the talkers' frames lie to each other as chance has it: up to a frame more than the median
        of many runs, which is 15 and 30 ms at most."""
        for codec, most in (('pcmu', 25), ('opus', 40)):
            with self.subTest(codec=codec):
                found = self.part('delay', codec, CONFAB)
                self.assertEqual(found['missed'], 0)
                self.assertLessEqual(found['median'], most)

    def test_a_participant_takes_little_memory(self):
        self.assertLessEqual(self.part('memory', CONFAB)['each'], 64 * 1024)

    def test_idle_rooms_cost_next_to_nothing(self):
        self.assertLess(1000 * self.part('idle', CONFAB)['cpu-of-a-room'], 0.3)

    def test_calls_coming_in_do_not_hold_up_the_listeners(self):
        found = self.part('signalling')
        self.assertEqual(found['calls']['joined'], found['calls']['participants'])
        self.assertTrue(found['listening']['held'], found['listening'])

    def test_bad_input_of_one_leaves_the_others_alone(self):
        runs = self.part('bad', CONFAB)
        self.assertGreater(runs['with']['mean-rate'], runs['without']['mean-rate'] - 0.1)

    def test_media_threads_allocate_nothing(self):
        found = self.part('allocations')
        self.assertGreater(found['media-threads'], 0, found['threads'])
        self.assertEqual(found['media-allocations'], 0, found['threads'])


if __name__ == '__main__':
    sys.exit(not unittest.main(exit=False, verbosity=2).result.wasSuccessful())
