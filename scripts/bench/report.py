"""docs/performance.md and its plots, from the results of a run."""
import os

import svg
from confab import TOP
from loads import CONFAB, JANUS, LOADS

PAGE = os.path.join(TOP, 'docs/performance.md')
PLOTS = os.path.join(TOP, 'docs/performance')
CAPACITY, CPU, DELAY = 'capacity.svg', 'cpu.svg', 'delay.svg'
DELAYS = [('pcmu-alone', 'G.711, one talks'), ('pcmu', 'G.711, three talk'), ('opus-alone', 'Opus, one talks'),
          ('opus', 'Opus, three talk')]
MOST_DELAY = {'pcmu': 15, 'opus': 30}
COSTS = {
    'silence': 'a packet in and a packet out: system calls, UDP',
    'nothing': 'a packet out',
    'srtp': 'the same with cipher and HMAC, in and out',
    'speech': 'decoding (or reading the frame of) everybody',
    'fives': 'what each room decodes and encodes',
    'pcmu': 'a packet in and a packet out',
}



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


def yes(reached):
    return 'yes' if reached else '**no**'


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

    def part(self, name, server=None):
        found = self.results.get(name) or {}
        return found.get(server) if server else found

    def found(self, key, server):
        found = self.capacity.get(key, {}).get(server)
        return found if found and 'largest' in found else None

    def held(self, key, server):
        """-> (the largest N, as words), or (None, a dash)."""
        found = self.found(key, server)
        if not found:
            return None, '–'
        return found['largest'], ('≥ ' if found['bounded'] else '') + count(found['largest'])

    def steps(self, key, server):
        """The runs of a search, one for each N: the last that held, or else the last."""
        steps = {}
        for step in self.capacity.get(key, {}).get(server, {}).get('steps', []):
            if 'server-cpu' in step and (step['participants'] not in steps or step['held']):
                steps[step['participants']] = step
        return [steps[participants] for participants in sorted(steps)]

    def at_the_largest(self, key, server):
        largest, _ = self.held(key, server)
        return next((step for step in self.steps(key, server) if step['participants'] == largest), None)

    # The sections. Each returns its text, or nothing when its part was not measured.

    def opening(self):
        return '''# Performance

How many participants one processor core holds, how late and how faithfully they hear each other, and what they cost
in memory: Confab%s, on the same machine, under the same load, in the same run.
`make bench` measures all of it and writes this page.
''' % (' beside Janus AudioBridge' if JANUS in self.servers else '')

    def judged(self, load):
        """-> the words of the target, and whether it was reached."""
        (ours, _), (theirs, _) = self.held(load.key, CONFAB), self.held(load.key, JANUS)
        words = count(load.target) + (', %d times' % load.ratio if load.ratio else '')
        bounded = self.found(load.key, CONFAB)['bounded']
        reached = ours >= load.target and (not load.ratio or not theirs or ours >= load.ratio * theirs)
        if not reached and bounded:
            return words, '**not shown**: ' + self.found(load.key, CONFAB)['reason']
        verdict = yes(reached)
        if load.stretch:
            words += '; %s with pass-through' % count(load.stretch)
            verdict += '; with pass-through ' + yes(ours >= load.stretch)
        return words, verdict

    def holds(self):
        rows, groups, costs, short_of = [], [], [], []
        for load in LOADS:
            if not self.found(load.key, CONFAB):
                continue
            (ours, our_words), (theirs, their_words) = self.held(load.key, CONFAB), self.held(load.key, JANUS)
            target, reached = self.judged(load)
            rows.append([load.title, their_words, our_words, times(ours, theirs), target, reached])
            groups.append((load.title, {
                name: (largest, words) for name, (largest, words) in
                ((CONFAB, (ours, our_words)), (JANUS, (theirs, their_words))) if largest is not None}))
            costs.append(self.cost(load))
            if '**' in reached:
                short_of.append(load.title)
        if not rows:
            return None
        text = '''## Participants on one core

The largest number at which *every* participant still receives at least 49.5 packets a second, and fewer than 0.5%
of the intervals between packets are longer than 60 ms. Opus at 48 kHz and 24 kbit/s with 20 ms frames, plain RTP,
unless the row says otherwise. “Times” is Confab over Janus, and the targets are those Confab was built to.

''' + table(['load', 'Janus', 'Confab', 'times', 'target', 'reached'], rows) + '\n'
        if short_of:
            text += 'Not reached: %s.\n\n' % '; '.join(short_of)
        text += self.plot(CAPACITY, svg.bars('Participants on one core', self.servers, groups))
        if any(found.get('bounded') for load in self.capacity.values() for found in load.values()):
            text += '''
“≥” marks a lower bound: it was not the server that ended the search. “Generator-bound” is where `confab-load`, which
has one core too, was itself at its end (above 90% of its core, later than 3 ms, or its own sockets full) while the
server had a tenth of its core and more to spare.
'''
        if JANUS in self.servers:
            text += '''
Janus has no row with SRTP because its participants without WebRTC have none. It decodes and encodes for each
participant, as most mixers do; Confab decodes only those who may be heard and encodes each distinct mix once.
'''
        return text + '''
### What a participant costs

One participant for one frame of 20 ms, at the largest number: what Confab had of its core, divided. The limit is what
arithmetic allows, a core divided by what codecs, ciphers and system calls take of it when measured one by one.

''' + table(['load', 'limit', 'Confab', 'of the core', 'a participant, a frame', 'most of it is', 'bounded by'], costs)

    def cost(self, load):
        step = self.at_the_largest(load.key, CONFAB)
        found = self.found(load.key, CONFAB)
        limit = count(load.limit) + ('; %s with pass-through' % count(load.stretch_limit) if load.stretch else '')
        row = [load.title, limit, self.held(load.key, CONFAB)[1]]
        row += [percent(step['server-cpu'], 0),
                '%.1f µs' % (1e6 * step['server-cpu'] / step['participants'] / 50)] if step else ['–', '–']
        return row + [COSTS.get(load.key, 'a packet in and a packet out'), found['reason'] or 'the server’s core']

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
Rooms spread over the cores by themselves, one media thread for each (`media.workers`). Each SIP call takes two UDP
ports of `media.rtp-ports` and two open files: for more than a few hundred calls raise both, for instance by
`LimitNOFILE=` in a systemd unit. A listener at 24 kbit/s takes about 40 kbit/s each way on the wire, headers
included.
'''

    def delays(self):
        delays = self.part('delay')
        if not delays:
            return None
        rows, bars = [], []
        for key, label in DELAYS:
            group = {}
            for server in self.servers:
                found = delays.get(key, {}).get(server)
                if not found or not found.get('count'):
                    continue
                most = MOST_DELAY[key.partition('-')[0]]
                target, reached = '', ''
                if server == CONFAB:
                    target = '%d ms, +10 ms' % most
                    reached = yes(found['median'] <= most and found['above'] <= 10 and not found['missed'])
                rows.append([label, server, milliseconds(found['median']),
                             '%.1f to %.1f' % (found['lowest'], found['highest']), '+' + milliseconds(found['above']),
                             '%d of %d' % (found['count'], found['count'] + found['missed']), target, reached])
                group[server] = (found['median'], milliseconds(found['median']))
            if group:
                bars.append((label, group))
        return '''## Delay

From the packet that brings the onset of a tone burst to the server to the packet that takes it to a listener: ten in
a room, a network without jitter, %s runs. “Median” is the median of the runs' medians; “99th percentile” how far it
lies above the median of its own run, in the worst of them.

When three talk, a frame of the mix waits for the last talker's, so the delay is how their 20 ms frames happen to lie
to each other: anything up to 20 ms, drawn anew for each run, the same in all of it. Where one talks that part is nil.
What is inside a packet is not in it: the 20 ms of the frame and the 6.5 ms of the Opus encoder come on top, for every
server, as does the time a phone itself takes.

''' % ' and '.join(sorted({str(len(found['runs'])) for each in delays.values() for found in each.values()})) + table(
            ['', 'server', 'median', 'of the runs', '99th percentile', 'bursts heard', 'target', 'reached'],
            rows) + '\n' + self.plot(DELAY, svg.bars('Delay through the mixer, median', self.servers, bars))

    def under_load(self):
        gaps = self.part('gaps')
        key = 'silence'
        if not gaps and key not in self.capacity:
            return None
        text = '## Under load\n'
        if gaps:
            text += '\nAt half of the largest number of the first load, for half a minute:\n\n' + table(
                ['', 'participants', 'gaps over 30 ms', 'gaps over 60 ms', 'longest', 'of the core', 'target', 'reached'],
                [[server, count(step['participants']), percent(step['gaps-over-30'], 3),
                  percent(step['gaps-over-60'], 3), milliseconds(step.get('longest-gap')), percent(step['server-cpu'], 0),
                  *(['< 0.1% over 30 ms', yes(step['gaps-over-30'] < 0.001)] if server == CONFAB else ['', ''])]
                 for server, step in gaps.items()])
        drawn = {}
        for server in self.servers:
            gap = gaps.get(server, {})
            runs = self.steps(key, server) + [step for step in [gap, *(gap.get('below') or [])] if 'server-cpu' in step]
            points = sorted({step['participants']: 100 * step['server-cpu'] for step in runs}.items())
            if points:
                drawn[server] = points
        if drawn:
            text += '\nEach point is a run:\n\n' + self.plot(CPU, svg.lines(
                'What the first load takes of a core', 'participants in the room', '% of a core', drawn, y_range=(0, 105)))
        return text

    def faithful(self):
        quality = self.part('quality')
        if not quality:
            return None
        figures = {'segmental_snr': ('segmental SNR', '%.1f dB'), 'spectral_distance': ('spectral distance', '%.1f dB'),
                   'intelligibility': ('intelligibility', '%.3f'), 'gain_db': ('gain', '%+.1f dB'),
                   'lost': ('frames lost', '%.4f')}
        rows = [[server, count(found['participants'])] + [
            form % found[name] if name in found else '–' for name, (_, form) in figures.items()]
            for server, found in quality.items()]
        text = '''## Speech quality

One participant speaks (espeak-ng), as many as the core holds listen, and what one of them hears is compared with
what was sent, delay and level taken out. Segmental signal-to-noise and intelligibility (0 to 1): more is better;
spectral distance: less. Opus itself is lossy, so none can be perfect.

''' + table(['', 'participants'] + [words for words, _ in figures.values()], rows)
        ours, theirs = quality.get(CONFAB, {}), quality.get(JANUS, {})
        if 'segmental_snr' in ours and 'segmental_snr' in theirs:
            reached = (ours['segmental_snr'] > theirs['segmental_snr'] - 1
                       and ours['spectral_distance'] < theirs['spectral_distance'] + 0.5)
            text += '\nNo worse than through Janus, though many times as many listen: %s.\n' % yes(reached)
        return text

    def memory(self):
        memory, idle = self.part('memory'), self.part('idle')
        if not memory and not idle:
            return None
        text = '## Memory and idle rooms\n'
        if memory:
            text += '\n' + table(['', 'participants', 'empty server', 'with them', 'each', 'target', 'reached'], [
                [server, count(found['participants']), kib(found['before']), kib(found['during']), kib(found['each']),
                 *(['64 KiB', yes(found['each'] <= 65536)] if server == CONFAB else ['', ''])]
                for server, found in memory.items()])
        if idle:
            text += '\nRooms of two participants who are connected and silent (Opus DTX, a packet every 400 ms):\n\n'
            text += table(
                ['', 'rooms', 'of the core', 'for 1,000 rooms', 'target', 'reached'],
                [[server, count(found['rooms']), percent(found['cpu'], 1), percent(1000 * found['cpu-of-a-room'], 1),
                  *(['10%', yes(found['cpu-of-a-room'] <= 0.0001)] if server == CONFAB else ['', ''])]
                 for server, found in idle.items()])
        return text

    def signalling(self):
        found = self.part('signalling')
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
        reached = listening['held'] and listening['gaps-over-30'] < 0.001 and calls['joined'] == calls['participants']
        return text + 'No listener misses anything by it: %s.\n' % yes(reached)

    def gateway(self):
        found = self.part('gateway')
        if not found:
            return None
        text = '''## Calls across the gateway

Calls of two phones, each of which sends 50 packets a second all the time; signalling and media are on the server's one
core. Where both speak the same codec their packets are relayed as they come, otherwise everything is decoded and encoded.

''' + table(
            ['', 'calls', 'of the core', 'of it for a call', 'packets lost', 'gaps over 60 ms', 'delay, median', '99%'],
            [[step['title'], count(step['calls']), percent(step['server-cpu'], 0), percent(step['cpu-of-a-call'], 2),
              count(step['lost']), percent(step['gaps-over-60'], 3), milliseconds(step.get('delay')),
              milliseconds(step.get('delay-p99'))] for step in found.values()])
        relayed, transcoded = found.get('opus'), found.get('opus-pcmu')
        if relayed and transcoded:
            reached = (relayed['joined'] == 2 * relayed['calls'] and relayed['lost'] == 0
                       and relayed['server-cpu'] < 1)
            text += '''
A transcoded call costs %s times what a relayed one does. The target, 300 relayed calls at once with less than a core
and no packet lost: %s. Delays are from the packet that takes the onset of a tone to the server to the packet that brings
it to the other phone.
''' % (times(transcoded['cpu-of-a-call'], relayed['cpu-of-a-call']), yes(reached and relayed['calls'] >= 300))
        return text

    def bad_input(self):
        found = self.part('bad')
        if not found:
            return None
        rows = []
        for server, runs in found.items():
            for words, step in (('as it was', runs['without']), ('with bad input', runs['with'])):
                rows.append([server, count(step['participants']), words, '%.1f/s' % step['lowest-rate'],
                             '%.2f/s' % step['mean-rate'], percent(step['gaps-over-60'], 3),
                             percent(step['server-cpu'], 0)])
        text = '''## Bad input

At half load: 500 packets a second from one participant, and forged sources (5% of the participants), wrong payload
types, timestamps that jump, 120 ms frames, mono and stereo in turns (2% each). What is received:

''' + table(['', 'participants', '', 'lowest packet rate', 'mean', 'gaps over 60 ms', 'of the core'], rows)
        ours = found.get(CONFAB)
        if ours:
            text += '\nConfab\'s packet rate does not move: %s.\n' % yes(
                ours['with']['held'] and ours['with']['mean-rate'] > ours['without']['mean-rate'] - 0.1)
        return text

    def allocations(self):
        found = self.part('allocations')
        if not found or found.get('media-allocations') is None:
            return None
        return '''## Allocations

%s participants in %s rooms, two talking in each, for %.0f seconds of steady state: **%s** allocations on the %s of
the media plane (malloc, calloc, realloc and their kin, counted thread by thread by a preloaded library). None is the
target: %s.
''' % (count(found['participants']), count(found['rooms']), found['seconds'], count(found['media-allocations']),
            'thread' if found['media-threads'] == 1 else '%d threads' % found['media-threads'],
            yes(found['media-allocations'] == 0))

    def when(self):
        """Which run measured what: the whole, and the parts measured apart from it."""
        parts = {}
        for part, entry in self.results.get('measured', {}).items():
            parts.setdefault(entry['run'], []).append((part, entry))
        runs = self.results.get('runs', {})
        lines = []
        for name in sorted(parts):
            run, disturbed = runs.get(name, {}), [part for part, entry in parts[name] if entry['others-cpu'] > 0.05]
            whole = run.get('all')
            words = '%s, %s minutes (%s)' % (name, run.get('minutes', '?'), ', '.join(run.get('versions', {}).values()))
            text = '- %s: %s' % (
                words, 'the whole' if whole else 'measured apart: ' + ', '.join(part for part, _ in parts[name]))
            if whole and len(runs) > 1:
                text += ', but for what follows'
            if disturbed:
                text += '. Others had more than 5% of the server\'s core at times in ' + ', '.join(disturbed)
            lines.append(text)
        return '\n'.join(lines)

    def method(self):
        machine = self.results.get('machine', {})
        return '''## How it was measured

%s · %s · %s cores visible, one for the server, one for the generator · %s of memory · at most %s open files.

%s

Commands: `make bench` for all of it; each run starts the server anew and then `confab-load` by its side, as

    confab run --config var/bench/confab/confab.yaml
    confab-load sip --target 'sip:bench-%%d@127.0.0.1:5070' --participants 2500 --codec opus --talkers 3 --rest silence \\
        --security plain --opus-bitrate 24000 --ramp 250 --warm-up 4.5 --duration 5 --json var/bench/load.json --cpu 1

- Server and generator are pinned to a core each (`sched_setaffinity`), the whole server to one: media, signalling
  and logging. Confab runs with `media.workers: 1`. Sound goes over loopback, so no network card is in the figures.
- Every run brings in all participants at up to 250 a second, waits two seconds and one more for each thousand, and
  measures five.
- The search guesses the next number from what the run before took of the core, then halves the interval down to 7%%,
  in five tries. A near miss, or a miss while something else had more than 5%% of the server's core, is tried again;
  the result must hold twice. The servers take turns, run by run, so that whatever else the machine does hits both.
- Confab's participants call by SIP. Janus's are plain-RTP participants of its AudioBridge API, over a Unix socket;
  no other plugin or transport is loaded, nothing from `/etc/janus` read. Rooms at 48 kHz for Opus and 8 kHz for
  G.711, `bitrate` 24000, the rest as Janus has it by default (complexity 4, prebuffering of 6 packets).
- Janus sends nothing to a participant from whom it never had a packet, so where Confab's listeners send nothing,
  its listeners send Opus DTX, a packet every 400 ms.
- A pause (Opus DTX, comfort noise) is not a gap: the timestamps tell. Who talks alone in a room has nobody to hear;
  Confab sends them next to nothing, and they are not held to the packet rate.
- Talkers speak 85%% of the time (`confab-load`'s own voices, the same for each server). Where the rights allow it,
  server and generator both run at nice -10.
''' % (machine.get('processor', '?'), machine.get('system', '?'), machine.get('cores', '?'), machine.get('memory', '?'),
            count(machine.get('open-files', 0)), self.when())

    def limits(self):
        return '''## What these figures do not tell

- Two cores of a virtual machine share caches and a host. Absolute numbers move by a tenth and more between runs;
  the ratios are what to trust. The largest N is found to 7%.
- Loopback is a perfect network: what loss and jitter do is a matter of the tests of the jitter buffer, not of this
  page. A real network card costs the kernel more for each packet than loopback does, or less with good offloads.
- **Asterisk and FreeSWITCH are not measured**: Debian 12 packages neither, and there is no driver for them in
  `scripts/bench`. “The best peer” is therefore Janus alone.

## Again, on your machine

    make bench                        # everything: 30 to 40 minutes, rewrites this page
    make bench SHORT=yes              # fixed loads, 3 to 4 minutes, results in var/bench/short.json
    make bench ONLY=capacity:pcmu     # one load; the rest of the page stays
    make bench ONLY=delay,memory      # some parts

Janus is measured where it is installed (`apt-get install janus`), speech quality where `espeak-ng` is. All results,
each run with its figures, are in `var/bench/results.json`.
'''

    def write(self):
        sections = [
            self.opening(), self.holds(), self.sizing(), self.delays(), self.under_load(), self.faithful(),
            self.memory(), self.signalling(), self.gateway(), self.bad_input(), self.allocations(), self.method(), self.limits()]
        with open(PAGE, 'w') as page:
            page.write('\n'.join(filter(None, sections)))


def write(results):
    Report(results).write()
    print('written: docs/performance.md')
