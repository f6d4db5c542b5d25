"""Who may call which numbers, how much, and as whom; and a flood of calls."""
import asyncio
import json
import os
import re
import subprocess
import time

import pytest

from harness.expectations import eventually, hears, never
from harness.server import BINARY, TOP, Confab, Stack
from harness.sip_message import address

TRUNK = 5080


@pytest.fixture(scope='module')
async def stack(request):
    """A trunk for all numbers; national ones are open, one call at a time."""
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, {
        'CONFAB_GATEWAY_ROUTES': '* 127.0.0.1:%d,*@127.0.0.1:* *' % TRUNK, 'CONFAB_GATEWAY_COUNTRY_CODE': '49',
        'CONFAB_GATEWAY_ALLOW': '* national', 'CONFAB_GATEWAY_QUOTAS': '* calls=1 minutes=60',
        'CONFAB_SIP_TRUSTED_PEERS': '127.0.0.3', 'CONFAB_SIP_TRUSTED_CALLS_PER_SECOND': '20'})
    async with s:
        yield s


def records(stack):
    out = subprocess.run([BINARY, 'records', '--config', 'config/demo.yaml', '--json'], cwd=TOP, capture_output=True,
                         text=True, env=dict(os.environ, **stack.confab.environment), check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def words(client):
    """Why calls ended, as people read it."""
    return [e.get('text') for e in client.events if e['ev'] == 'ended']


async def refused(client, number, direct=False):
    call = await client.call(number.replace('@', '\\40').replace(':', '\\3a') + '@sip.localhost', direct=direct, wait=False)
    await asyncio.wait_for(call.ended.wait(), 15)
    assert call.reason in ('decline', 'reject'), call.reason
    return words(client)[-1]


# -- what is open

async def test_a_jingle_client_is_told_that_a_number_is_closed(phone, user):
    trunk = await phone('trunk', port=TRUNK)
    alice = await user('alice')
    assert await refused(alice, '+442071234567') == 'International numbers are closed to you.'
    assert await refused(alice, '00442071234567', direct=True) == 'International numbers are closed to you.'
    assert await refused(alice, '0900123456') == 'Premium numbers are closed to you.'
    # A host of one's own choice is no way round.
    assert await refused(alice, '+49(0)900123456@127.0.0.1:%d' % TRUNK) == 'Premium numbers are closed to you.'
    assert trunk.incoming.empty()


async def test_a_phone_is_told_that_a_number_is_closed(phone, room):
    trunk, dora = await phone('trunk', port=TRUNK), await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    response = await call.ask('REFER', [('Refer-To', '<sip:+442071234567@sip.localhost>')])
    assert (response.status, response.start) == (403, 'SIP/2.0 403 International numbers are closed to you')
    await call.say('/call +8816123456')
    await eventually(lambda: 'satellite numbers are closed to you' in str([m.body for m in dora.messages]), 10,
                     lambda: [m.body for m in dora.messages])
    assert trunk.incoming.empty()
    await call.hang_up()


async def test_one_call_at_a_time_and_its_record(phone, user, stack):
    trunk = await phone('trunk', port=TRUNK)
    alice, bob = await user('alice'), await user('bob')
    call = await alice.call('030123456@sip.localhost', wait=False)
    leg = await asyncio.wait_for(trunk.incoming.get(), 15)
    leg.ring()
    assert await refused(alice, '030123457') == 'You have as many calls as you may at a time.'
    other = await bob.call('030123457@sip.localhost', wait=False)
    second = await asyncio.wait_for(trunk.incoming.get(), 15)
    second.reject(486, 'Busy Here')
    await asyncio.wait_for(other.ended.wait(), 15)
    leg.answer()
    assert await alice.wait_connected(call)
    await call.terminate()
    await asyncio.wait_for(leg.ended.wait(), 10)

    def kept():
        return [(r.get('class'), r.get('charged-to'), r['reason']) for r in records(stack)
                if r['direction'] == 'out' and '030123456' in r['dialled'] and r.get('ended')]
    await eventually(lambda: kept() == [('national', 'alice@localhost', 'normal')], 10, lambda: records(stack))


# -- as whom

async def test_a_forged_identity_is_neither_believed_nor_passed_on(phone, user, room):
    frank, dora = await phone('frank'), await phone('dora')
    alice = await user('alice')
    forged = [('P-Asserted-Identity', '"Boss" <sip:boss@localhost>'), ('P-Preferred-Identity', '<tel:+49110>'),
              ('Remote-Party-ID', '<sip:boss@localhost>')]
    calling = asyncio.ensure_future(dora.call('sip:alice@localhost', headers=forged, expect=603))
    incoming = await asyncio.wait_for(alice.incoming.get(), 15)
    assert 'boss' not in str(incoming.peer) and 'dora' in str(incoming.peer), incoming.peer
    await incoming.terminate()
    await calling
    call = await dora.call('sip:%s@127.0.0.1' % room, headers=forged)
    assert (await call.ask('REFER', [('Refer-To', '<%s>' % frank.uri)])).status == 202
    invite = (await asyncio.wait_for(frank.incoming.get(), 10)).invite
    assert address(invite.get('From')) == 'sip:%s@talk.localhost' % room
    for name in 'P-Asserted-Identity', 'P-Preferred-Identity', 'Remote-Party-ID', 'Privacy':
        assert not invite.all(name), invite
    assert 'boss' not in str(invite).lower() and '+49110' not in str(invite)
    await call.hang_up()


async def test_whom_is_trusted_is_believed_also_that_somebody_wants_not_to_be_known(phone, user):
    pbx = await phone('pbx', ip='127.0.0.3')
    alice = await user('alice')
    asserted = [('P-Asserted-Identity', '"Boss" <sip:boss@pbx.example>')]
    for headers, expected in (asserted, 'boss'), (asserted + [('Privacy', 'id')], 'anonymous'):
        calling = asyncio.ensure_future(pbx.call('sip:alice@localhost', headers=headers, expect=603))
        incoming = await asyncio.wait_for(alice.incoming.get(), 15)
        assert incoming.peer.local.startswith(expected), incoming.peer
        assert 'pbx' not in incoming.peer.local or expected == 'boss'
        await incoming.terminate()
        await calling


# -- five hundred a second

async def test_five_hundred_calls_a_second_from_one_address_disturb_nobody(phone, stack, room):
    dora, emil = await phone('dora'), await phone('emil')
    await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    listener = await emil.call('sip:%s@127.0.0.1' % room)
    directory = os.path.join(stack.directory, 'sipp')
    os.makedirs(directory, exist_ok=True)
    sipp = subprocess.Popen(
        ['sipp', '-sn', 'uac', '127.0.0.1:5060', '-i', '127.0.0.2', '-p', '15400', '-mp', '15410', '-r', '500',
         '-timeout', '40', '-nostdin'],
        cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await eventually(lambda: 'too many calls from 127.0.0.2' in stack.confab.output(), 20, 'there is no flood')
        waits = []

        async def others():
            for _ in range(6):
                began = time.monotonic()
                assert (await dora.options('sip:%s@127.0.0.1' % room)).status == 200
                waits.append(time.monotonic() - began)
                await asyncio.sleep(0.3)
        heard, _ = await asyncio.gather(listener.heard(2), others())
        hears('the standing call', heard, {500: -12})
        assert max(waits) < 5, waits
        other = await dora.call('sip:%s@127.0.0.1' % room)
        await other.hang_up()
        assert sipp.poll() is None, 'the flood is over before the others are'
    finally:
        sipp.kill()
        sipp.wait()
    taken = len(re.findall(r'calls .* from 127\.0\.0\.2:', stack.confab.output()))
    assert 100 <= taken < 1000, '%d calls were taken' % taken
    await never(lambda: not stack.confab.running, 0.2)
