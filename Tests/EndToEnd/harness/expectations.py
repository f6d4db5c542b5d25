"""What listeners must and must not hear."""
import asyncio
import os

from .tones import level

measured = []


def where():
    return os.environ.get('PYTEST_CURRENT_TEST', '').split('.py::', 1)[-1].rsplit(' ', 1)[0]


def hears(who, report, sent, absent=(), within=3.0, note=True):
    """`sent`: {frequency: dBFS as sent}. Each is there within so many dB; the absent ones are not to be heard."""
    heard = {f: level(report, f) for f in sent}
    if note:
        measured.append('%s: %s hears %s' % (where(), who, ', '.join(
            '%d Hz %.1f (%.1f)' % (f, heard[f], sent[f]) for f in sent)))
    for f, l in sent.items():
        assert abs(heard[f] - l) <= within, '%s hears %d Hz at %.1f, sent at %.1f: %s' % (
            who, f, heard[f], l, report['peaks'])
    for f in absent:
        assert level(report, f) < -45, '%s hears %d Hz, which is not for it: %s' % (who, f, report['peaks'])


def silence(who, report):
    assert report['secs'] == 0 or report['rms'] < -50, '%s hears something: %s' % (who, report)


async def all_heard(seconds, *listeners):
    """Lets everyone listen at the same time. -> reports in the same order"""
    return await asyncio.gather(*(x.heard(seconds) for x in listeners))


async def each_hears(seconds, *expected):
    """Each of (who, listener, {frequency: dBFS as sent}, those that are absent), all at the same time. Our phones and clients
    share one thread: where the machine has no time for it for a moment, they send late, and get another chance."""
    for attempt in range(3):
        heard = await all_heard(seconds, *(e[1] for e in expected))
        try:
            for (who, _, sent, *absent), report in zip(expected, heard):
                hears(who, report, sent, *absent)
            return
        except AssertionError:
            if attempt == 2:
                raise


async def eventually(what, timeout=10, why='it never came true'):
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout
    while not (value := what()):
        assert loop.time() < end, why() if callable(why) else why
        await asyncio.sleep(0.05)
    return value


async def never(what, seconds=1.0, why='it came true'):
    """The one kind of waiting that cannot be for an event."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        assert not what(), why() if callable(why) else why
        await asyncio.sleep(0.05)
