"""What is asked of the servers: the loads, and where the search for the largest N begins."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Load:
    key: str
    title: str
    codec: str = 'opus'
    rooms_of: int = 0
    """Participants in a room; 0: all in one."""
    talkers: int = 3
    """Talkers in each room."""
    rest: str = 'silence'
    """What the others send: speech, silence (encoded), dtx, levels (silence with RFC 6464 levels), nothing."""
    security: str = 'plain'
    start: dict = field(default_factory=dict)
    """First N tried, by server."""
    ramp: int = 250
    """Joins a second."""
    settling: float = 2
    """Seconds between the last join and the measuring, and one more for a thousand participants."""
    optional: bool = False
    """Measured only when asked for by name."""
    short: dict = field(default_factory=dict)
    """The fixed N of the short form, by server."""
    target: int = 0
    """The N that Confab is meant to reach on a core."""
    ratio: int = 0
    """How many times what its best peer holds in the same run; 0: no such aim."""
    stretch: int = 0
    """The N that is meant to be reached where the talker's frames pass through, and what arithmetic allows there."""
    stretch_limit: int = 0
    limit: int = 0
    """What arithmetic allows: a core divided by what the codecs, ciphers and system calls of a participant cost."""

    def options(self, participants):
        """The words confab-load takes for it."""
        words = ['--participants', participants, '--codec', self.codec, '--talkers', self.talkers, '--rest', self.rest,
                 '--security', self.security, '--opus-bitrate', 24000]
        return words + (['--rooms-of', self.rooms_of] if self.rooms_of else [])

    def lonely(self, participants):
        """How many there are whom nobody speaks to: who talks alone in a room, and everybody where nobody talks."""
        rooms = -(-participants // (self.rooms_of or participants))
        return {0: participants, 1: rooms}.get(self.talkers if self.rest != 'speech' else participants, 0)

    def rounded(self, participants):
        """The nearest N that fills its rooms."""
        unit = self.rooms_of or 1
        return max(unit, round(participants / unit) * unit)


CONFAB, JANUS = 'Confab', 'Janus AudioBridge'

LOADS = [
    Load('silence', 'one room, 3 talk, the rest send encoded silence',
         start={CONFAB: 3900, JANUS: 80}, short={CONFAB: 300, JANUS: 30}, target=2500, ratio=10, limit=8000),
    Load('levels', 'one room, 3 talk, the rest send silence with levels', rest='levels',
         start={CONFAB: 3900, JANUS: 80}, optional=True, target=2500, ratio=10, limit=8000),
    Load('dtx', 'one room, 3 talk, the rest send DTX', rest='dtx', start={CONFAB: 4500, JANUS: 80},
         optional=True, target=2500, ratio=10, limit=8000),
    Load('nothing', 'one room, 3 talk, the rest send nothing', rest='nothing', start={CONFAB: 4200, JANUS: 80},
         target=4000, ratio=7, limit=11000),
    Load('srtp', 'one room, 3 talk, the rest send silence, SRTP', security='sdes', start={CONFAB: 2000},
         target=2000, limit=5600),
    Load('speech', 'one room, everyone speaks, no levels', rest='speech',
         start={CONFAB: 450, JANUS: 70}, target=450, limit=560),
    Load('fives', 'rooms of five, one talks in each', rooms_of=5, talkers=1,
         # How loud the last talkers speak is learnt first.
         ramp=100, settling=8,
         start={CONFAB: 2000, JANUS: 80}, short={CONFAB: 100, JANUS: 30}, target=400, limit=490,
         stretch=2000, stretch_limit=7000),
    Load('pcmu', 'one room of G.711, 3 talk', codec='pcmu', ramp=150, settling=6, start={CONFAB: 4500, JANUS: 400},
         short={CONFAB: 500, JANUS: 100}, target=5000, ratio=10, limit=11000),
]
BY_KEY = {load.key: load for load in LOADS}
