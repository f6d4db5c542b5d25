"""Names of who comes and goes: as callers say them, or read out."""
import asyncio
import shutil

import numpy as np
import pytest

from harness import keys
from harness.expectations import eventually
from harness.server import Confab, Stack, demo_with
from harness.tones import tone_level

POLICIES = """
  policies:
    said: {names: recorded}
    board: {names: recorded, pin: "1234"}
    read: {names: spoken}
"""
BEEP = 1000


@pytest.fixture(scope='module')
async def stack(request):
    """The demo with rooms in which names are heard."""
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, config=demo_with(s.directory, POLICIES))
    async with s:
        yield s


def uri(room):
    return 'sip:%s@127.0.0.1' % room


def hears(rtp, since, frequency, rate=8000):
    """The longest run of 100 ms pieces with that tone, of what came since, in seconds."""
    frames = rtp.pcm[max(0, len(rtp.pcm) - (rtp.received - since)):]
    longest = run = 0
    for place in range(0, len(frames) - 4, 5):
        loud = tone_level(np.concatenate(frames[place:place + 5]), frequency, rate) > -30
        run = run + 1 if loud else 0
        longest = max(longest, run)
    return longest / 10


def sounds(rtp, since):
    """How many seconds of what came since are louder than -40 dBFS."""
    frames = rtp.pcm[max(0, len(rtp.pcm) - (rtp.received - since)):]
    return sum(0.02 for x in frames if len(x) and np.sqrt(np.mean(x * x) * 2) > 0.01)


async def hears_name(call, frequency, since, seconds=15):
    await eventually(lambda: hears(call.rtp, since, frequency) >= 0.7, seconds,
                     lambda: '%d Hz for %.1f s' % (frequency, hears(call.rtp, since, frequency)))


async def enter(phone, room, frequency=None, pin=None):
    """Calls, says a name after the tone, and ends it by hash."""
    call = await keys.call(phone, uri(room), tone=frequency)
    call.rtp.on = False
    if pin:
        await keys.press(call, pin)
        call.rtp.on = False
    await eventually(lambda: hears(call.rtp, 0, BEEP) >= 0.1, 20, 'it hears no tone')
    await asyncio.sleep(0.5)
    if frequency:
        call.rtp.on = True
        await asyncio.sleep(1.2)
    await keys.press(call, '#')
    call.rtp.on = False
    return call


async def test_names_are_said_and_heard_on_joining_leaving_and_when_asked_for(phone):
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    first = await enter(dora, 'board', 500, pin='1234')
    await eventually(lambda: sounds(first.rtp, 0) > 1)
    since = first.rtp.received
    second = await enter(emil, 'board', 1500, pin='1234')
    await hears_name(first, 1500, since)
    # The one who came hears it too, and after the number all names.
    await hears_name(second, 1500, 0)
    await asyncio.sleep(1)
    since = second.rtp.received
    await keys.press(second, '*3')
    second.rtp.on = False
    await hears_name(second, 500, since)
    await hears_name(second, 1500, since)
    assert hears(first.rtp, since, 500) < 0.3
    # Somebody who says nothing is a tone.
    since = first.rtp.received
    silent = asyncio.ensure_future(enter(await phone('fred'), 'board', pin='1234'))
    await asyncio.sleep(2)
    await second.hang_up()
    await hears_name(first, 1500, since)
    await silent
    await eventually(lambda: max(
        tone_level(x, 880, 8000) for x in first.rtp.pcm[-(first.rtp.received - since):] or [np.zeros(160)]) > -30, 10)


async def test_a_browser_says_its_name_too(phone, user):
    dora, alice = await phone('dora', display='Dora'), await user('alice', tone='1700')
    first = await keys.call(dora, uri('said'))
    first.rtp.on = False
    # What it says from the beep on, for three seconds; who listens was silent.
    call = await alice.call('said@talk.localhost')
    await hears_name(first, 1700, 0, 30)
    await call.terminate()


@pytest.mark.skipif(not shutil.which('espeak-ng'), reason='espeak-ng is not installed')
async def test_names_are_read_out(phone):
    room = 'read'
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil Nolde')
    first = await keys.call(dora, uri(room))
    await eventually(lambda: sounds(first.rtp, 0) > 0.5)
    await asyncio.sleep(3)
    since = first.rtp.received
    second = await keys.call(emil, uri(room))
    # More than the words `has joined`, which last 0.7 s.
    await eventually(lambda: sounds(first.rtp, since) > 0.8, 10, lambda: '%.2f s' % sounds(first.rtp, since))
    await asyncio.sleep(1.5)
    since = second.rtp.received
    await keys.press(second, '*3')
    await eventually(lambda: sounds(second.rtp, since) > 1.5, 10, lambda: '%.2f s' % sounds(second.rtp, since))
    since = first.rtp.received
    await second.hang_up()
    await eventually(lambda: sounds(first.rtp, since) > 0.8, 10, lambda: '%.2f s' % sounds(first.rtp, since))
