"""Calls across the gateway with phones and exchanges of others: Kamailio as the trunk, baresip behind it and beside it, sipp."""
import asyncio
import json
import os
import re
import subprocess
from urllib.parse import quote

import pytest

from harness.baresip import Baresip
from harness.expectations import each_hears, eventually, never
from harness.in_call import heard_by_client, press_on_client, tell_keys, told_keys, watch_events
from harness.kamailio import Kamailio
from harness.rtp import RTPStream
from harness.server import BINARY, TOP, Stack
from harness.sipp import CONTACT, Sipp, comes, description, goes, pause, reply

GATEWAY = '''gateway:
  ring-time: 30
  personal-accounts: none
  registrations: ["127.0.0.1:5090 trunk secret-trunk"]
  numbers: ["+4930111 alice@localhost", "+4930222 bob@localhost"]
  trunks:
    exchange: {host: "127.0.0.1:5090;transport=tcp", user: trunk, password: secret-trunk, caller-id: "+4930111",
      caller-id-in: [asserted]}
    switch: {host: "127.0.0.1:5091"}
  routes: ["8* exchange", "6* switch", "10? 127.0.0.1:5080"]
'''
SINE = Baresip.SINE_LEVEL
OPUS, PCMU, G722 = 'opus/48000/2', 'PCMU/8000/1', 'G722/16000/1'


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    s.exchange = Kamailio(s.directory)
    with open(os.path.join(TOP, 'config/demo.yaml')) as f:
        text = f.read()
    begin, end = text.index('\ngateway:\n') + 1, text.index('\nmedia:\n')
    s.confab.config = os.path.join(s.directory, 'peers.yaml')
    with open(s.confab.config, 'w') as f:
        f.write(text[:begin] + GATEWAY + text[end:])
    await s.exchange.start()
    try:
        async with s:
            await eventually(lambda: 'trunk@127.0.0.1:5090 is registered' in s.confab.output(), 15, 'no registration')
            yield s
    finally:
        await s.exchange.stop()


@pytest.fixture
async def desk(baresip):
    """Makes baresips that are registered with the exchange."""
    async def make(name, tone, codec=OPUS, **kw):
        b = await baresip(name, tone, account=(
            '<sip:%s@127.0.0.1:5090>;auth_user=%s;auth_pass=secret-%s;regint=120;answermode=manual;audio_codecs=%s'
            % (name, name, name, codec)), **kw)
        assert await b.read('200 OK (kamailio'), b.trace()[-2000:]
        return b
    yield make


def records(stack):
    said = subprocess.run([BINARY, 'records', '--config', stack.confab.config, '--json'], cwd=TOP, text=True,
                          capture_output=True, env=dict(os.environ, **stack.confab.environment)).stdout
    return [row for row in map(json.loads, said.splitlines()) if row.get('ended') and 'packets-relayed' in row]


def rang(user):
    return [e for e in user.events
            if e['ev'] == 'jmi' and e['what'] == 'ringing' or e['ev'] == 'session-info' and e['name'] == 'ringing']


def pressed(b):
    return ''.join(e['param'] for e in b.events if e.get('type') == 'CALL_DTMF_START')


def again(b):
    """Forgets what happened so far."""
    b.events.clear()


async def until_ended(call, timeout=15):
    await asyncio.wait_for(call.ended.wait(), timeout)
    return call.reason


async def tones(*expected):
    """Each of (who, listener, frequency that is heard, its level)."""
    await each_hears(1.2, *((who, listener, {frequency: level}) for who, listener, frequency, level in expected))


# -- out by Kamailio

async def test_calls_out_through_a_proxy_that_forks(desk, user, stack):
    """Digest by 407, loose routes over two transports, two phones that ring, and three codecs."""
    first, second = await desk('desk1', 440), await desk('desk1', 620)
    pcmu, g722 = await desk('desk2', 700, PCMU), await desk('desk3', 850, G722)
    before = len(records(stack))
    alice = await user('alice', tone='1000', codecs=['opus'])
    bob = await user('bob', tone='1300', codecs=['opus'])
    carol = await user('carol', tone='1500', codecs=['opus'])
    calls = [await u.call(n + '@sip.localhost', wait=False) for u, n in ((alice, '8100'), (bob, '8200'), (carol, '8300'))]
    for b in first, second, pcmu, g722:
        assert await b.wait('CALL_INCOMING'), b.types()
    await eventually(lambda: rang(alice), 10, 'alice is not told that it rings')
    for b in second, pcmu, g722:
        await b.command('accept')
    for u, c in zip((alice, bob, carol), calls):
        assert await u.wait_connected(c), c.reason
    assert await first.wait('CALL_CLOSED'), 'the other phone rings on'
    await tones(('desk1', second, 1000, -12), ('desk2', pcmu, 1300, -12), ('desk3', g722, 1500, -12),
                ('alice', calls[0], 620, SINE), ('bob', calls[1], 700, SINE), ('carol', calls[2], 850, SINE))

    # Keys both ways.
    packets = watch_events(calls[1])
    await pcmu.command('sndcode', '5')
    await eventually(lambda: heard_by_client(packets) == '5', 10, 'bob does not get the key')
    await press_on_client(calls[0], '147*#')
    await eventually(lambda: pressed(second) == '147*#', 10, lambda: 'the phone got ' + pressed(second))

    # Hold by the phone, and back.
    await g722.command('hold')
    await asyncio.sleep(0.5)
    before_hold = g722.taken()
    await never(lambda: g722.taken() > before_hold, 0.7, 'who holds gets sound')
    await g722.command('resume')
    await asyncio.sleep(0.5)
    await tones(('desk3', g722, 1500, -12), ('carol', calls[2], 850, SINE))

    await calls[0].terminate()
    assert await second.wait('CALL_CLOSED'), 'the BYE does not find its way'
    await pcmu.hang_up()
    await g722.hang_up()
    assert await until_ended(calls[1]) == 'success' and await until_ended(calls[2]) == 'success'
    rows = await eventually(lambda: len(r := records(stack)) >= before + 6 and r[before:], 10, 'no records')
    relayed = [r for r in rows if r['packets-relayed'] > 60 and r['packets-decoded'] == r['packets-encoded'] == 0]
    assert len(relayed) == 2, rows
    assert sorted(r['codecs'][0].lower() for r in rows if r not in relayed) == ['g722', 'opus', 'opus', 'pcmu'], rows


async def test_why_calls_through_a_proxy_end(desk, user):
    desk1 = await desk('desk1', 440)
    alice = await user('alice')

    async def ringing(number):
        again(desk1)
        alice.events.clear()
        call = await alice.call(number + '@sip.localhost', direct=True, wait=False)
        assert await desk1.wait('CALL_INCOMING'), desk1.types()
        await eventually(lambda: rang(alice))
        return call
    call = await ringing('8100')
    await desk1.hang_up()
    assert await until_ended(call) == 'busy'
    call = await ringing('8100')
    await call.terminate()
    assert await desk1.wait('CALL_CLOSED')
    call = await ringing('8900')
    assert await until_ended(call) == 'timeout'
    call = await alice.call('8700@sip.localhost', direct=True, wait=False)
    assert await until_ended(call) == 'gone'

    # The other way: declined, busy, given up.
    again(desk1)
    await desk1.dial('sip:4930111@127.0.0.1:5090')
    await (await asyncio.wait_for(alice.incoming.get(), 15)).terminate()
    assert 'Decline' in (await desk1.wait('CALL_CLOSED'))['param']
    again(desk1)
    await desk1.dial('sip:4930111@127.0.0.1:5090')
    await (await asyncio.wait_for(alice.incoming.get(), 15)).refuse_busy()
    assert 'Busy' in (await desk1.wait('CALL_CLOSED'))['param']
    again(desk1)
    await desk1.dial('sip:4930111@127.0.0.1:5090')
    incoming = await asyncio.wait_for(alice.incoming.get(), 15)
    assert await desk1.wait('CALL_RINGING'), desk1.types()
    await desk1.hang_up()
    assert await until_ended(incoming) == 'retract'


# -- in by Kamailio, and transfers by baresip

async def test_a_phone_behind_a_proxy_calls_holds_and_transfers(desk, baresip, user, stack):
    desk1, other = await desk('desk1', 440), await baresip('100', 620, port=5080)
    alice = await user('alice', tone='1000', codecs=['opus'])
    alice.auto = 'on'
    await desk1.call('sip:4930111@127.0.0.1:5090')
    call = await eventually(lambda: next(iter(alice.calls.values()), None))
    assert await alice.wait_connected(call), call.reason
    await tones(('desk1', desk1, 1000, -12), ('alice', call, 440, SINE))
    packets = watch_events(call)
    await desk1.command('sndcode', '2')
    await eventually(lambda: heard_by_client(packets) + told_keys(alice) == '2', 10, 'alice does not get the key')
    await tell_keys(call, '36')
    await eventually(lambda: pressed(desk1) == '36', 10, lambda: 'the phone got ' + pressed(desk1))
    # To another phone, by REFER.
    await desk1.command('transfer', 'sip:100@sip.localhost')
    assert await other.wait('CALL_INCOMING'), desk1.trace()[-3000:]
    await other.command('accept')
    assert await alice.message('You are talking to 100@sip.localhost now.')
    assert await desk1.wait('CALL_CLOSED'), desk1.types()
    await tones(('the other', other, 1000, -12), ('alice', call, 620, SINE))
    # And a third, whom alice adds.
    again(desk1)
    alice.send_message(mto=call.peer, mbody='/add 8100', mtype='chat')
    assert await desk1.wait('CALL_INCOMING'), [e for e in alice.events if e['ev'] == 'message']
    await desk1.command('accept')
    assert await desk1.wait('CALL_ESTABLISHED')
    await asyncio.sleep(1)
    await tones(('the third', desk1, 1000, -12), ('the third', desk1, 620, SINE), ('alice', call, 440, SINE),
                ('the other', other, 440, SINE))
    await desk1.hang_up()
    await other.hang_up()
    await until_ended(call)


def dialog(b, number):
    """The dialog that baresip's last call to a number made, as Replaces names it to the other end."""
    for m in reversed(re.findall(r'SIP/2\.0 200 OK(.*?)\r?\n\r?\n', b.trace(), re.S)):
        if number in m and re.search(r'CSeq: \d+ INVITE', m):
            ours, theirs = re.search(r'From:.*tag=(\w+)', m)[1], re.search(r'To:.*tag=(\w+)', m)[1]
            return '%s;to-tag=%s;from-tag=%s' % (re.search(r'Call-ID: *(\S+)', m)[1], theirs, ours)
    raise AssertionError(b.trace()[-4000:])


async def test_baresip_joins_its_two_calls(baresip, desk, user):
    desk1 = await desk('desk1', 440)
    alice, bob = await user('alice', tone='1000'), await user('bob', tone='800')
    alice.auto = bob.auto = 'on'
    await desk1.call('sip:4930111@127.0.0.1:5090')
    call = await eventually(lambda: next(iter(alice.calls.values()), None))
    assert await alice.wait_connected(call), call.reason
    await desk1.command('hold')
    again(desk1)
    await desk1.call('sip:4930222@127.0.0.1:5090')
    theirs = await eventually(lambda: next(iter(bob.calls.values()), None))
    assert await bob.wait_connected(theirs), theirs.reason
    # baresip 1.0 knows no attended transfer of its own: who presses the keys writes the other dialog into the address.
    await desk1.command('transfer', 'sip:4930111@sip.localhost?Replaces=' + quote(dialog(desk1, '4930111'), safe=''))
    await asyncio.sleep(1)
    await tones(('alice', call, 800, -12), ('bob', theirs, 1000, -12))
    assert await desk1.wait('CALL_CLOSED'), desk1.types()
    await call.terminate()
    await until_ended(theirs)


# -- sipp

KEPT = [(11, 'Via', '.*'), (12, 'From', '.*'), (13, 'To', '.*'), (14, 'Contact', 'sip:[^>]*')]


def to_invite(status, tag, *headers, body=''):
    return goes('SIP/2.0 ' + status, 'Via:[$11]', 'From:[$12]', 'To:[$13];tag=' + tag, '[last_Call-ID:]', 'CSeq: 1 INVITE',
                CONTACT, 'Allow: INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, MESSAGE', *headers, body=body)


def by_callee(method, number, *headers, body='', kind='application/sdp', to='B'):
    """A request of the callee's in its dialog."""
    return goes(method + ' [$14] SIP/2.0', 'Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]', 'Max-Forwards: 70',
                'From:[$13];tag=' + to, 'To:[$12]', 'Call-ID: [call_id]', 'CSeq: %d %s' % (number, method.split()[0]), CONTACT,
                *headers, body=body, kind=kind)


async def test_a_trunk_that_forks_rings_reliably_and_changes_its_mind(user, stack):
    """Early answers of two branches, each with its PRACK; then the callee asks for an offer, updates, writes and hangs up."""
    early, late = RTPStream('PCMU', '127.0.0.1'), RTPStream('PCMU', '127.0.0.1')
    reliable = ['Require: 100rel']
    steps = [
        comes('INVITE', ('Supported', '100rel'), 'm=audio', keeps=KEPT),
        to_invite('183 Session Progress', 'A', *reliable, 'RSeq: 5', body=description(early.port)),
        comes('PRACK', ('RAck', '5 1 INVITE'), ('To', 'tag=A')), reply(),
        to_invite('180 Ringing', 'B', *reliable, 'RSeq: 900'),
        comes('PRACK', ('RAck', '900 1 INVITE'), ('To', 'tag=B')), reply(),
        to_invite('180 Ringing', 'C'), pause(200),
        to_invite('200 OK', 'B', body=description(late.port)), comes('ACK', ('To', 'tag=B')), pause(1500),
        # The callee wants an offer, and holds by its answer.
        by_callee('INVITE', 7), comes(100, optional=True), comes(200, 'm=audio [0-9]* RTP/AVP.* 0', 'a=sendrecv'),
        by_callee('ACK', 7, body=description(late.port, 'sendonly', 2)), pause(300),
        by_callee('UPDATE', 8, body=description(late.port, 'sendrecv', 3)), comes(200, 'm=audio', 'a=sendrecv'),
        by_callee('UPDATE', 9), comes(200),
        by_callee('MESSAGE', 10, body='from sipp', kind='text/plain'), comes(202),
        pause(1200), by_callee('BYE', 11), comes(200)]
    alice = await user('alice', tone='1000')
    async with Sipp(stack.directory, 'forks', 5091, steps) as sipp:
        call = await alice.call('6100@sip.localhost', wait=False)
        await eventually(lambda: rang(alice), 10, 'alice is not told that it rings')
        assert await alice.wait_connected(call), call.reason
        await eventually(lambda: late.received > 25, 10, 'the branch that answered gets nothing')
        await eventually(lambda: not call.ended.is_set() and alice.messages('from sipp'), 10, 'no text from the phone')
        before = late.received
        await eventually(lambda: late.received > before + 20, 5, 'nothing after the hold')
        assert await until_ended(call) == 'success'
        await sipp.done()
    early.close()
    late.close()


async def test_a_200_without_a_description(user, stack):
    """RFC 6337 section 2.2: what a reliable 183 said is the answer. A 200 that says nothing, after nothing, is none."""
    media = RTPStream('PCMU', '127.0.0.1')
    steps = [
        comes('INVITE', keeps=KEPT),
        to_invite('183 Session Progress', 'A', 'Require: 100rel', 'RSeq: 5', body=description(media.port)),
        comes('PRACK', ('RAck', '5 1 INVITE')), reply(), to_invite('200 OK', 'A'), comes('ACK'),
        comes('BYE'), reply()]
    alice = await user('alice', tone='1000')
    async with Sipp(stack.directory, 'reliable', 5091, steps) as sipp:
        call = await alice.call('6100@sip.localhost', wait=False)
        assert await alice.wait_connected(call), call.reason
        await eventually(lambda: media.received > 25, 10, 'nothing comes')
        await call.terminate()
        await sipp.done()
    media.close()
    steps = [comes('INVITE', keeps=KEPT), to_invite('180 Ringing', 'A'), to_invite('200 OK', 'A'), comes('ACK'),
             comes('BYE'), reply()]
    async with Sipp(stack.directory, 'silent', 5091, steps) as sipp:
        call = await alice.call('6100@sip.localhost', direct=True, wait=False)
        assert await until_ended(call) == 'incompatible-parameters'
        await sipp.done()


async def test_sipp_writes_calls_without_an_offer_and_changes_the_call(user, stack):
    media = RTPStream('PCMU', '127.0.0.1')
    ours = ['Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]', 'Max-Forwards: 70',
            'From: <sip:sipp@127.0.0.1:5092>;tag=s1', 'Call-ID: [call_id]', CONTACT]

    def asks(method, number, *headers, body='', kind='application/sdp', again=True):
        return goes(method + ' [$14] SIP/2.0', *ours, 'To:[$13]', 'CSeq: %d %s' % (number, method), *headers, body=body,
                    kind=kind, again=again)
    alone = 'sip:alice@localhost'
    steps = [
        goes('MESSAGE %s SIP/2.0' % alone, *ours, 'To: <%s>' % alone, 'CSeq: 1 MESSAGE', body='before the call',
             kind='text/plain', again=True), comes(202),
        goes('INVITE %s SIP/2.0' % alone, *ours, 'To: <%s>' % alone, 'CSeq: 2 INVITE', 'Supported: 100rel, timer', again=True),
        comes(100, optional=True), comes(180, optional=True),
        comes(200, 'm=audio [0-9]* RTP/AVP.* 0', keeps=[(13, 'To', '.*'), (14, 'Contact', 'sip:[^>]*')]),
        asks('ACK', 2, body=description(media.port), again=False), pause(1000),
        asks('MESSAGE', 3, body='in the call', kind='text/plain'), comes(202),
        asks('INVITE', 4), comes(100, optional=True), comes(200, 'm=audio', ('CSeq', '4 INVITE')),
        asks('ACK', 4, body=description(media.port, version=2), again=False),
        asks('UPDATE', 5, body=description(media.port, version=3)), comes(200, 'm=audio', ('CSeq', '5 UPDATE')),
        asks('INFO', 6, body='Signal=7\nDuration=160', kind='application/dtmf-relay'), comes(200),
        pause(800), asks('BYE', 7), comes(200)]
    alice = await user('alice', tone='1000')
    alice.auto = 'on'
    async with Sipp(stack.directory, 'delayed', 5092, steps, to='127.0.0.1:5060') as sipp:
        assert await alice.message('before the call') and await alice.message('in the call')
        call = next(iter(alice.calls.values()))
        assert await alice.wait_connected(call), call.reason
        await eventually(lambda: media.received > 40, 10, 'nothing comes')
        await eventually(lambda: told_keys(alice) == '7', 10, 'no key')
        await until_ended(call)
        await sipp.done()
    media.close()
