"""docs/performance.md and its plots, from the results of a run."""
import os

import svg
from confab import TOP
from loads import CONFAB, JANUS, LOADS

PAGE = os.path.join(TOP, 'docs/performance.md')
PLOTS = os.path.join(TOP, 'docs/performance')
CAPACITY, GAPS, CPU, DELAY = 'capacity.svg', 'gaps.svg', 'cpu.svg', 'delay.svg'


def table(head, rows):
    aligned = ['---'] + ['--:'] * (len(head) - 1)
    return '\n'.join('| %s |' % ' | '.join(str(cell) for cell in row) for row in [head, aligned, *rows]) + '\n'


def count(value):
    return format(value, ',d')


def percent(share, digits=2):
    return '%.*f%%' % (digits, 100 * share)


def kib(size):
    return '%.0f KiB' % (size / 1024)


def milliseconds(value):
    return '–' if value is None else '%.1f ms' % value


def times(value, other):
    if not value or not other:
        return '–'
    return '%.1f' % (value / other) if value < 10 * other else '%.0f' % (value / other)


class Report:
    def __init__(self, results):
        self.results = results
        self.servers = list(results.get('versions', {}))
        self.capacity = results.get('capacity', {})
        os.makedirs(PLOTS, exist_ok=True)

    def plot(self, name, drawing):
        title = drawing.partition('<title>')[2].partition('</title>')[0]
        with open(os.path.join(PLOTS, name), 'w') as out:
            out.write(drawing)
        return '![%s](performance/%s)\n' % (title, name)

    def held(self, key, server):
        """-> (the largest N, as words), or (None, a dash)."""
        found = self.capacity.get(key, {}).get(server)
        if not found or 'largest' not in found:
            return None, '–'
        return found['largest'], ('≥ ' if found['bounded'] else '') + count(found['largest'])

    def border(self, key, server):
        """The steps of a search, one for each N: the last that held, or else the last."""
        steps = {}
        for step in self.capacity.get(key, {}).get(server, {}).get('steps', []):
            if step['participants'] not in steps or step['held']:
                steps[step['participants']] = step
        return [steps[participants] for participants in sorted(steps)]

    # The sections. Each returns its text, or nothing when its part was not measured.

    def opening(self):
        return '''# Performance

How many participants one processor core holds, how late and how faithfully they hear each other, and what they cost
in memory: Confab%s, on the same machine, under the same load, in the same run.
`make bench` measures all of it and writes this page.
''' % (' beside Janus AudioBridge' if JANUS in self.servers else '')

    def holds(self):
        rows, groups = [], []
        for load in LOADS:
            if load.key not in self.capacity:
                continue
            (ours, our_words), (theirs, their_words) = self.held(load.key, CONFAB), self.held(load.key, JANUS)
            rows.append([load.title, our_words, their_words, times(ours, theirs)])
            groups.append((load.title.removesuffix(' without levels'), {
                name: (largest, words) for name, (largest, words) in
                ((CONFAB, (ours, our_words)), (JANUS, (theirs, their_words))) if largest is not None}))
        if not rows:
            return None
        bounded = [load.title + ': ' + found['reason'] for load in LOADS
                   for found in [self.capacity.get(load.key, {}).get(CONFAB, {})] if found.get('bounded')]
        text = '''## Participants on one core

The largest number at which *every* participant still receives at least 49.5 packets a second, and fewer than 0.5%
of the intervals between packets are longer than 60 ms. Opus at 48 kHz and 24 kbit/s with 20 ms frames, plain RTP,
unless the row says otherwise.

''' + table(['load', 'Confab', 'Janus', 'times'], rows) + '\n' + self.plot(
            CAPACITY, svg.bars('Participants on one core', self.servers, groups))
        if bounded:
            text += '\n“≥” marks a lower bound: the server could have held more, but (%s).\n' % '; '.join(bounded)
        if JANUS in self.servers:
            text += '''
Janus has no row with SRTP because its participants without WebRTC have none. It decodes and encodes for each
participant, as most mixers do; Confab decodes only those who may be heard and encodes each distinct mix once, so
what a further listener costs is a header, a system call's share and, where there is SRTP, the cipher.
'''
        return text

    def sizing(self):
        def advice(key):
            largest, _ = self.held(key, CONFAB)
            return largest and int(largest * 0.7 // 10 * 10)

        kinds = [('silence', 'a large meeting: a few speak, the others listen unmuted'),
                 ('nothing', 'a lecture: the listeners are muted and send nothing'),
                 ('srtp', 'a large meeting, encrypted'),
                 ('fives', 'many small calls, one speaks in each'),
                 ('speech', 'everybody makes a noise all the time (a noisy hall, music, no voice detection anywhere)'),
                 ('pcmu', 'a large meeting of G.711 phones')]
        rows = [[words, count(advice(key))] for key, words in kinds if advice(key)]
        if not rows:
            return None
        return '''## Sizing a server

Plan with 70% of what a core holds: the rest is for joins, for bursts and for what else the machine does. On a core
like the one below that is

''' + table(['kind of use', 'participants for each core'], rows) + '''
A room lives on one core; several rooms spread over all cores by themselves, one media thread for each
(`media.workers`). Each SIP call takes two UDP ports of `media.rtp-ports` and two open files: for more than a few
hundred calls raise both, for instance by `LimitNOFILE=` in a systemd unit. A listener at 24 kbit/s takes about
40 kbit/s each way on the wire, headers included.
'''

    def delays(self):
        delays = self.results.get('delay')
        if not delays:
            return None
        rows, groups = [], []
        for codec, label in (('opus', 'Opus, mixed'), ('opus-alone', 'Opus, alone'), ('pcmu', 'G.711, mixed'),
                             ('pcmu-alone', 'G.711, alone')):
            for server in self.servers:
                found = delays.get(codec, {}).get(server)
                if not found or not found.get('count'):
                    continue
                rows.append([label + ', ' + server, milliseconds(found['median']), milliseconds(found.get('p99')),
                             '%d of %d' % (found['count'], found['count'] + found['missed'])])
                groups.append(('%s, median' % label, server, found['median']))
                groups.append(('%s, 99th percentile' % label, server, found['p99']))
        text = '''## Delay

From the packet that brings a tone burst to the server to the packet that takes its onset to a listener: ten in a
room, a network without jitter, several runs; “mixed”: two others speak at the same time, “alone”: nobody does. How
the 20 ms frames of those who speak lie to each other is drawn anew for each run, and most of the spread is that. The
time a phone itself takes is not in it.

''' + table(['', 'median', '99th percentile', 'bursts heard'], rows)
        bars = {}
        for label, server, value in groups:
            bars.setdefault(label, {})[server] = (value, '%.0f ms' % value)
        return text + '\n' + self.plot(DELAY, svg.bars('Delay through the mixer', self.servers, list(bars.items())))

    def under_load(self):
        gaps = self.results.get('gaps')
        key = 'silence'
        if not gaps and key not in self.capacity:
            return None
        text = '## Under load\n'
        if gaps:
            text += '\nAt half of the largest number of the first load:\n\n' + table(
                ['', 'participants', 'gaps over 30 ms', 'gaps over 60 ms', 'of the core'],
                [[server, count(step['participants']), percent(step['gaps-over-30'], 3),
                  percent(step['gaps-over-60'], 3), percent(step['server-cpu'], 0)] for server, step in gaps.items()])
        steps = {server: self.border(key, server) for server in self.servers}
        if any(steps.values()):
            text += '\nOn the way to the largest number, each point one run:\n\n' + self.plot(CPU, svg.lines(
                'CPU over participants: ' + LOADS[0].title, 'participants (logarithmic)', '% of a core',
                {server: [(step['participants'], 100 * step['server-cpu']) for step in found]
                 for server, found in steps.items() if found}, logarithmic=True, y_range=(0, 105)))
            text += self.plot(GAPS, svg.lines(
                'Gaps over 60 ms over participants: ' + LOADS[0].title, 'participants (logarithmic)',
                '% of intervals, 2 and more at the top',
                {server: [(step['participants'], 100 * step['gaps-over-60']) for step in found]
                 for server, found in steps.items() if found}, logarithmic=True, y_range=(0, 2)))
        return text

    def faithful(self):
        quality = self.results.get('quality')
        if not quality:
            return None
        figures = {'segmental_snr': ('segmental SNR', '%.1f dB'), 'spectral_distance': ('spectral distance', '%.1f dB'),
                   'intelligibility': ('intelligibility (0 to 1)', '%.3f'), 'gain_db': ('gain', '%+.1f dB'),
                   'lost': ('frames lost', '%.4f')}
        rows = [[server, count(found['participants'])] + [
            form % found[name] if name in found else '–' for name, (_, form) in figures.items()]
            for server, found in quality.items()]
        return '''## Speech quality

One participant speaks (espeak-ng), as many as the core holds listen, and what one of them hears is compared with
what was sent, delay taken out. Segmental signal-to-noise: more is better. Spectral distances: less is better. Opus
itself is lossy, so neither can be perfect.

''' + table(['', 'participants'] + [words for words, _ in figures.values()], rows)

    def memory(self):
        memory, idle = self.results.get('memory'), self.results.get('idle')
        if not memory and not idle:
            return None
        text = '## Memory and idle rooms\n'
        if memory:
            text += '\n' + table(['', 'participants', 'empty server', 'with them', 'for each participant'], [
                [server, count(found['participants']), kib(found['before']), kib(found['during']), kib(found['each'])]
                for server, found in memory.items()])
        if idle:
            text += '\nRooms of two participants who are connected and silent (Opus DTX):\n\n' + table(
                ['', 'rooms', 'of the core', 'of the core for 1,000 rooms'],
                [[server, count(found['rooms']), percent(found['cpu'], 1), percent(1000 * found['cpu-of-a-room'], 0)]
                 for server, found in idle.items()])
        return text

    def signalling(self):
        found = self.results.get('signalling')
        if not found:
            return None
        alone, listening, calls = found['alone'], found['listening'], found['calls']
        answer = found.get('answer', {}).get('answer') or {}
        text = '''## Calls coming in under load

%s listen in one room while 50 calls a second arrive for other rooms, %s in all, signalling and media on the same
core:

''' % (count(found['listeners']), count(calls['participants'])) + table(
            ['', 'lowest packet rate', 'gaps over 30 ms', 'gaps over 60 ms', 'of the core'],
            [[words, '%.1f/s' % step['lowest-rate'], percent(step['gaps-over-30'], 3), percent(step['gaps-over-60'], 3),
              percent(step['server-cpu'], 0)]
             for words, step in (('listeners alone', alone), ('while calls come in', listening))])
        if answer.get('count'):
            text += '\n%s of %s calls were answered, the median after %s, 99%% of them within %s.\n' % (
                count(calls['joined']), count(calls['participants']), milliseconds(answer['median']),
                milliseconds(answer['p99']))
        return text

    def bad_input(self):
        found = self.results.get('bad')
        if not found:
            return None
        rows = []
        for server, runs in found.items():
            for words, step in (('as it was', runs['without']), ('with bad input', runs['with'])):
                rows.append(['%s, %s participants, %s' % (server, count(step['participants']), words),
                             '%.1f/s' % step['lowest-rate'], '%.2f/s' % step['mean-rate'],
                             percent(step['gaps-over-60'], 3), percent(step['server-cpu'], 0)])
        return '''## Bad input

At half load: 500 packets a second from one participant, packets from forged sources, wrong payload types,
timestamps that jump, 120 ms frames, mono and stereo in turns. What the others receive:

''' + table(['', 'lowest packet rate', 'mean', 'gaps over 60 ms', 'of the core'], rows)

    def allocations(self):
        found = self.results.get('allocations')
        if not found or found.get('media-allocations') is None:
            return None
        return '''## Allocations

%s participants in %s rooms, two talking in each, for %.0f seconds of steady state: **%s** allocations on the %s of
the media plane (malloc, calloc, realloc and their kin, counted thread by thread by a preloaded library).
''' % (count(found['participants']), count(found['rooms']), found['seconds'], count(found['media-allocations']),
            'thread' if found['media-threads'] == 1 else '%d threads' % found['media-threads'])

    def method(self):
        machine, versions = self.results.get('machine', {}), self.results.get('versions', {})
        return '''## How it was measured

%s · %s · %s cores visible, one for the server, one for the generator · %s of memory · at most %s open files.
%s. Measured %s, in %s minutes.

- Server and generator are pinned to a core each (`sched_setaffinity`), the whole server to one: media, signalling
  and logging. Confab runs with `media.workers: 1`. The generator (`confab-load`) is on the other core; sound goes
  over loopback, so no network card is in the figures.
- Every run starts a new server, brings in all participants at up to 250 a second (100 with DTLS), waits two seconds
  and one more for each thousand, and measures five.
- The search multiplies N by 1.3 until a run fails and then halves the interval down to 5%%; a near miss is tried
  twice, and the result must hold once more. The servers take turns, run by run, so that whatever else the machine
  does hits both.
- Confab's participants call by SIP. Janus's are plain-RTP participants of its AudioBridge API, over a Unix socket;
  no other plugin or transport is loaded, nothing from `/etc/janus` read. Rooms at 48 kHz for Opus and 8 kHz for
  G.711, `bitrate` 24000 as in Confab, the rest as Janus has it by default (complexity 4, prebuffering of 6
  packets).
- Janus sends nothing to a participant from whom it never had a packet, so where Confab's listeners send nothing,
  its listeners send Opus DTX, a packet every 400 ms.
- A pause (Opus DTX, comfort noise) is not a gap: the timestamps tell. Who talks alone in a room has nobody to hear; Confab
  sends them next to nothing, and they are not held to the packet rate.
- Talkers speak 85%% of the time (`confab-load`'s own voices, the same for each server). Where the rights allow it, server and
  generator both run at nice -10.
- If the generator is late or at the end of its core before the server is, the result is marked as a lower bound.
''' % (machine.get('processor', '?'), machine.get('system', '?'), machine.get('cores', '?'), machine.get('memory', '?'),
            count(machine.get('open-files', 0)), ', '.join(versions.values()), self.results.get('date', '?'),
            self.results.get('minutes', '?'))

    def limits(self):
        return '''## What these figures do not tell

- Two cores of a virtual machine share caches and a host. Absolute numbers move by a tenth and more between runs;
  the ratios are what to trust. The largest N is found to 5%.
- Loopback is a perfect network: what loss and jitter do is a matter of the tests of the jitter buffer, not of this
  page.
- A real network card costs the kernel more for each packet than loopback does, or less with good offloads.
- Asterisk and FreeSWITCH are not in Debian 12 and so not measured here.

## Again, on your machine

    make bench                        # everything: 30 to 40 minutes, rewrites this page
    make bench SHORT=yes              # fixed loads, 3 to 5 minutes, results in var/bench/short.json
    make bench ONLY=capacity:pcmu     # one load; the rest of the page stays
    make bench ONLY=delay,memory      # some parts

Janus is measured where it is installed (`apt-get install janus`), speech quality where `espeak-ng` is. All results,
each run with its figures, are in `var/bench/results.json`.
'''

    def write(self):
        sections = [
            self.opening(), self.holds(), self.sizing(), self.delays(), self.under_load(), self.faithful(),
            self.memory(), self.signalling(), self.bad_input(), self.allocations(), self.method(), self.limits()]
        with open(PAGE, 'w') as page:
            page.write('\n'.join(filter(None, sections)))


def write(results):
    Report(results).write()
    print('written: docs/performance.md')
