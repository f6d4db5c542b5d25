"""Calls out by trunks: the next when one fails, passwords, callers' numbers, reasons both ways, sound before the answer."""
import asyncio
import os
import time

import pytest

from harness.digest import challenges
from harness.expectations import eventually, hears
from harness.server import TOP, Stack
from harness.sip_message import parameter

DEAD, FIRST, SECOND = 15190, 5081, 5082

GATEWAY = '''gateway:
  international-prefix: "00"
  country-code: "49"
  allow: ["* national"]
  trunks:
    dead: {host: "127.0.0.1:%d", first-response: 2}
    first:
      host: 127.0.0.1:%d
      user: confab
      password: secret
      strip: "+"
      prefix: "00"
      caller-id: "+4930100"
      caller-ids: {alice@localhost: "+4930101"}
      caller-id-in: [from, asserted]
    second: {host: "127.0.0.1:%d"}
    early: {host: "127.0.0.1:%d", early-media: take}
  routes:
    - "+49* dead, first"
    - "2?? first, second"
    - "3?? early"
    - "4?? second"
    - "100 127.0.0.1:5080"
''' % (DEAD, FIRST, SECOND, SECOND)


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    with open(os.path.join(TOP, 'config/demo.yaml')) as f:
        text = f.read()
    begin, end = text.index('\ngateway:\n') + 1, text.index('\nmedia:\n')
    s.confab.config = os.path.join(s.directory, 'trunks.yaml')
    with open(s.confab.config, 'w') as f:
        f.write(text[:begin] + GATEWAY + text[end:])
    # Nobody reads what comes here, and nothing says so.
    silent, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=('127.0.0.1', DEAD))
    async with s:
        yield s
    silent.close()


def rang(user):
    return [e for e in user.events
            if e['ev'] == 'jmi' and e['what'] == 'ringing' or e['ev'] == 'session-info' and e['name'] == 'ringing']


async def next_call(phone, timeout=15):
    return await asyncio.wait_for(phone.incoming.get(), timeout)


async def ended(call, timeout=15):
    """-> the reason and its text"""
    await asyncio.wait_for(call.ended.wait(), timeout)
    last = [e for e in call.c.events if e['ev'] == 'ended' and e.get('sid') == call.sid]
    return call.reason, (last[-1].get('text') if last else None)


# -- which trunk

async def test_a_dead_trunk_is_passed_over_and_remembered(phone, user):
    trunk = await phone('trunk', port=FIRST)
    alice = await user('alice', tone='1000')
    began = time.monotonic()
    call = await alice.call('0049-30-12@sip.localhost', wait=False)
    leg = await next_call(trunk)
    assert 1.5 < time.monotonic() - began < 12
    assert leg.invite.uri == 'sip:00493012@127.0.0.1:%d' % FIRST
    assert 'sip:+4930101@127.0.0.1' in leg.invite.get('From')
    assert leg.invite.get('P-Asserted-Identity') == '<sip:+4930101@127.0.0.1>'
    assert not rang(alice) and not call.connected.is_set()
    leg.ring()
    await eventually(lambda: rang(alice))
    leg.answer(tone=620)
    assert await alice.wait_connected(call), call.reason
    hears('alice', await call.heard(2), {620: -12})
    await call.terminate()
    await asyncio.wait_for(leg.ended.wait(), 10)

    began = time.monotonic()
    await alice.call('+493013@sip.localhost', wait=False)
    leg = await next_call(trunk)
    assert time.monotonic() - began < 1.8, 'a trunk that is known to be dead is waited for'
    leg.reject(486, 'Busy Here')
