"""The search for the largest N a server holds: growth, then bisection, the border tried again."""
from dataclasses import dataclass

GROWTH = 1.3
PRECISION = 0.05


@dataclass
class Found:
    largest: int = 0
    """The largest N at which the load was held; 0: none."""
    bounded: bool = False
    """What ended the search was the generator or a limit of the machine: `largest` is a lower bound."""
    reason: str = ''


def search(load, start, limit):
    """A generator: yields the N to try next and is sent the verdict on it (`held`, `close`, `generator_limited`, all
    booleans); returns what it found. So several searches can take turns.

    One failure that was close to passing is tried again before it counts: the machine has other things to do, too. The
    result must hold in a second run.
    """
    found = Found()
    held, failed = 0, limit + 1
    n = load.rounded(min(start, limit))

    def attempt(n):
        verdict = yield n
        if not verdict.held and verdict.close:
            verdict = yield n
        return verdict

    while failed - held > max(load.rooms_of or 1, PRECISION * held):
        verdict = yield from attempt(n)
        if verdict.held:
            held = n
        else:
            failed = n
            found.bounded = verdict.generator_limited
            found.reason = 'the generator was at its end' if verdict.generator_limited else ''
        if failed > limit:
            following = min(held * GROWTH, limit)
        elif held == 0:
            following = failed / GROWTH
        else:
            following = (held + failed) / 2
        following = load.rounded(following)
        if following in (held, failed):
            break
        n = following
    if failed > limit and held:
        found.bounded, found.reason = True, 'no more open files for more legs'
    while held > (load.rooms_of or 1):
        verdict = yield held
        if verdict.held:
            break
        verdict = yield held
        if verdict.held:
            break
        held = load.rounded(held * (1 - PRECISION)) if held > 20 else load.rounded(held - (load.rooms_of or 1))
    found.largest = held
    return found
