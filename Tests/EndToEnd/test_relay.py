"""The sound of a bridged call: relayed where both ends share a codec, transcoded where not, and what ends it."""
import asyncio
import json
import os
import subprocess

import pytest

from harness.expectations import each_hears, eventually
from harness.opus_phone import SwitchingStream, answer, change
from harness.server import BINARY, TOP, Stack
from harness.sip_phone import Call, sdp

GATEWAY = '100@sip.localhost'
TIMEOUT = 6


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    s.confab.environment['CONFAB_MEDIA_TIMEOUT'] = str(TIMEOUT)
    async with s:
        yield s


@pytest.fixture
def records(stack):
    """What is kept of the legs that have ended since. -> a function that waits for so many"""
    def all_rows():
        said = subprocess.run([BINARY, 'records', '--config', 'config/demo.yaml', '--json'], cwd=TOP, text=True,
                              capture_output=True, env=dict(os.environ, **stack.confab.environment)).stdout
        return [row for row in map(json.loads, said.splitlines()) if row.get('ended') and 'packets-relayed' in row]

    before = len(all_rows())

    async def ended(count=2):
        return await eventually(lambda: len(rows := all_rows()) >= before + count and rows[before:], 10, 'no records')
    return ended


async def calling(phone, user, codec, **options):
    """A Jingle client calls the phone, which takes it in that codec. -> (the client's end, the phone's)"""
    hundred = await phone('100', port=5080)
    alice = await user('alice', tone='1000', **options)
    call = await alice.call(GATEWAY, wait=False)
    leg = await asyncio.wait_for(hundred.incoming.get(), 15)
    leg.ring()
    answer(leg, codec, 620)
    assert await alice.wait_connected(call), call.reason
    await eventually(lambda: leg.rtp.received > 25, 10, 'the phone gets nothing')
    return call, leg


async def called(phone, user, codec, **options):
    """The phone calls, in that codec alone. -> (the client's end, the phone's)"""
    alice = await user('alice', tone='1000', **options)
    dora = await phone('dora')
    call = Call(dora, SwitchingStream(codec, tone=620), codec)
    request = dora.invitation('sip:alice@localhost', sdp('127.0.0.1', call.rtp.port, (codec,)))
    call.begin(request)
    answered = asyncio.ensure_future(dora.transact(request, 60, call.provisionals.append))
    incoming = await asyncio.wait_for(alice.incoming.get(), 15)
    await incoming.accept()
    response = await asyncio.wait_for(answered, 20)
    assert response.status == 200
    call.confirm(response)
    call.acknowledge()
    call.media(response.body)
    assert await alice.wait_connected(incoming), incoming.reason
    await eventually(lambda: call.rtp.received > 25, 10, 'the phone gets nothing')
    return incoming, call


async def tones(call, leg, seconds=1.5):
    """Each end hears the other and not itself."""
    await each_hears(seconds, ('the phone', leg, {1000: -12}, [620]), ('alice', call, {620: -12}, [1000]))


def offered(leg):
    """Names of the codecs in an INVITE, in order."""
    lines = leg.invite.body.replace('\r', '').split('\n')
    names = {line.split()[0].split(':')[1]: line.split()[1] for line in lines if line.startswith('a=rtpmap:')}
    types = next(line for line in lines if line.startswith('m=audio')).split()[3:]
    return [names[t].split('/')[0].lower() for t in types if t in names]


async def test_opus_on_both_sides_is_relayed(phone, user, records):
    call, leg = await calling(phone, user, 'opus')
    assert offered(leg)[0] == 'opus'
    await tones(call, leg)
    await call.terminate()
    for row in await records():
        assert row['codecs'] == ['opus']
        assert row['packets-decoded'] == 0 and row['packets-encoded'] == 0, row
        assert row['packets-relayed'] > 60, row


@pytest.mark.parametrize('codec', ['PCMU', 'G722'])
async def test_opus_is_transcoded_for_who_has_none(phone, user, records, codec):
    call, leg = await calling(phone, user, codec, codecs=['opus'])
    await tones(call, leg)
    await call.terminate()
    for row in await records():
        assert row['packets-relayed'] == 0 and row['packets-decoded'] > 60 and row['packets-encoded'] > 60, row


@pytest.mark.parametrize('codec', ['PCMA', 'opus', 'G722'])
async def test_what_a_phone_that_calls_has_is_offered_on_and_relayed(phone, user, records, codec):
    call, leg = await called(phone, user, codec)
    await tones(call, leg, 1)
    await leg.hang_up()
    for row in await records():
        assert row['packets-decoded'] == 0 and row['packets-relayed'] > 40, row


async def test_a_transferred_call_is_relayed_too(phone, user, records):
    call, leg = await calling(phone, user, 'PCMA')
    response = await leg.ask('REFER', [('Refer-To', '<sip:100@sip.localhost>')])
    assert response.status == 202, response
    other = await asyncio.wait_for(leg.phone.incoming.get(), 15)
    # What the end that stays has comes first.
    assert offered(other)[0] == 'pcma'
    answer(other, 'PCMA', 620)
    await leg.hang_up()
    await eventually(lambda: other.rtp.received > 25, 10, 'the phone gets nothing')
    await tones(call, other, 1)
    await call.terminate()
    for row in await records(3):
        assert row['packets-decoded'] == 0 and row['packets-relayed'] > 20, row


async def test_a_reinvite_changes_between_relay_and_mix(phone, user, records):
    call, leg = await calling(phone, user, 'opus', codecs=['opus'])
    for codec in ('PCMU', 'opus'):
        before = leg.rtp.received
        await change(leg, codec)
        await eventually(lambda: leg.rtp.received > before + 25, 10, 'nothing comes in ' + codec)
        await tones(call, leg, 1.2)
    # What the phone got is one stream: one source, numbers that go on, time that never goes back.
    headers = leg.rtp.headers
    assert len({h[3] for h in headers}) == 1
    steps = [(b[1] - a[1]) & 0xFFFF for a, b in zip(headers, headers[1:])]
    assert set(steps) == {1}, [s for s in steps if s != 1]
    for a, b in zip(headers, headers[1:]):
        assert 0 < (b[2] - a[2]) & 0xFFFFFFFF < 48000, (a, b)
    await call.terminate()
    rows = await records()
    for row in rows:
        assert row['packets-relayed'] > 60 and row['packets-decoded'] > 40, row


async def test_a_call_whose_phone_fell_silent_is_over_for_both(phone, user, stack):
    call, leg = await calling(phone, user, 'opus')
    leg.rtp.on = False
    await asyncio.wait_for(call.ended.wait(), 3 * TIMEOUT)
    assert call.reason == 'connectivity-error', call.reason
    await asyncio.wait_for(leg.ended.wait(), 5)
    assert 'nothing came for' in stack.confab.output()
