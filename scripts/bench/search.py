"""The search for the largest N a server holds: each try is guessed from what the one before cost."""
from dataclasses import dataclass

TRIES, AGAIN = 5, 2
PRECISION = 0.07
"""The search ends when the smallest N that failed is no more than this above the largest that held."""
FULL = 0.96
"""The share of its core a server is expected to hold its load with."""
STEPS = 1.06, 2.0


@dataclass
class Found:
    largest: int = 0
    """The largest N at which the load was held; 0: none."""
    bounded: bool = False
    """What ended the search was the generator or a limit of the machine: `largest` is a lower bound."""
    reason: str = ''


def search(load, start, limit, hurry=lambda: False):
    """A generator: yields the N to try next, is sent what came of it (a `Result`), and returns what it found. So several
    searches can take turns.

    A run that was not held by little, or while something else had the server's core, is made again before it counts.
    What is found must hold twice. `hurry` tells that the time for searching is over.
    """
    found, limit = Found(), load.rounded(limit)
    held, failed, again, bound = {}, limit + 1, AGAIN, 'no more open files for more legs'
    n = min(load.rounded(start), limit)

    for _ in range(TRIES):
        result = yield n
        if not result.held and again > 0 and (result.close or result.disturbed):
            again -= 1
            result = yield n
        if result.held:
            held[n] = held.get(n, 0) + 1
        else:
            failed, bound = n, 'generator-bound' if result.generator_limited else ''
        largest = max(held, default=0)
        n = load.rounded(following(result, largest, failed if failed <= limit else None, limit))
        if n == largest or n >= failed or failed <= largest * (1 + PRECISION) or hurry() and largest:
            break
    for _ in range(3):
        n = max(held, default=0)
        if not n or held[n] > 1 or hurry():
            break
        result = yield n
        if not result.held:
            result = yield n
        if result.held:
            break
        del held[n]
        bound = 'generator-bound' if result.generator_limited else ''
        lower = load.rounded(n * (1 - PRECISION))
        if not held and lower < n and (yield lower).held:
            held[lower] = 1
    found.largest = max(held, default=0)
    found.bounded, found.reason = bool(found.largest and bound), bound if found.largest else ''
    return found


def following(result, held, failed, limit):
    """The next N: as far as the processor goes by this run, then between what held and what did not."""
    if held and failed:
        return (held * failed) ** 0.5
    if held:
        reach = FULL / max(result.server['cpu'], 0.01)
        return min(limit, held * min(max(reach, STEPS[0]), STEPS[1]))
    return failed * min(max(0.95 * result.share_received, 0.4), 0.87)
