"""Calls across the gateway: Confab with an account, whose phone is the generator, which calls it as well."""
from dataclasses import dataclass

from confab import CONFIGURATION, Confab
from generator import number
from loads import Load

PASSWORD = 'bench'


class Gateway(Confab):
    configuration = CONFIGURATION.replace(
        '  maximum-calls: 100000\n', '  maximum-calls: 100000\n  authentication: none\n'
    ) + 'accounts:\n  users:\n    callee: %s\n' % PASSWORD

    def generator(self, load, room='bench'):
        return ['gateway', '--target', 'sip:callee@127.0.0.1:%d' % self.sip, '--password', PASSWORD,
                '--callee-codec', load.callee]


@dataclass(frozen=True)
class Calls(Load):
    """Both of each call talk all the time."""
    callee: str = 'opus'
    calls: int = 0
    few: int = 0
    """Calls in the short form; 0: not in it."""


CALLS = [
    Calls('opus', 'Opus on both sides, relayed', callee='opus', calls=300, few=300),
    Calls('pcmu', 'G.711 on both sides, relayed', codec='pcmu', callee='pcmu', calls=300),
    Calls('opus-pcmu', 'Opus and G.711, transcoded', callee='pcmu', calls=50, few=30),
    Calls('opus-g722', 'Opus and G.722, transcoded', callee='g722', calls=50),
]


def measure(bench):
    found = {}
    for load in CALLS:
        calls = load.few if bench.short else load.calls
        if not calls:
            continue
        load = Calls(**{**load.__dict__, 'rooms_of': 2, 'rest': 'speech'})
        result = bench.run(Gateway, load, 2 * calls, ramp=200, warm_up=1.5 if bench.short else 3,
                           duration=3 if bench.short else 15, tag='gateway', extra=['--marker'])
        delay = result.delay()
        found[load.key] = {
            **result.summary(), 'title': load.title, 'calls': calls, 'cpu-of-a-call': result.server['cpu'] / calls,
            'lost': int(number(result.said, 'loss', 'packets')), 'delay': delay.get('median'),
            'delay-p99': delay.get('p99'), 'markers': delay.get('count')}
        bench.say('%-18s %-10s %d calls: %.2f%% of the core each, %d packets lost, %.1f ms' % (
            Gateway.name, load.key, calls, 100 * found[load.key]['cpu-of-a-call'], found[load.key]['lost'],
            delay.get('median') or 0))
    return found
