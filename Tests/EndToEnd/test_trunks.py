"""Calls out by trunks: the next when one fails, passwords, callers' numbers, reasons both ways, sound before the answer."""
import asyncio
import os
import subprocess
import time

import pytest

from harness.expectations import eventually, hears, never
from harness.rtp import RTPStream
from harness.server import BINARY, TOP, Stack
from harness.sip_message import Message
from harness.sip_phone import sdp

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


async def test_a_room_calls_out_by_the_next_trunk_too(phone, user, room):
    second = await phone('second', port=SECOND)
    first = await phone('first', port=FIRST)
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.say('/call 200')).status in (200, 202)
    leg = await next_call(first)
    leg.reject(503, 'Service Unavailable')
    leg = await next_call(second)
    assert leg.invite.uri == 'sip:200@127.0.0.1:%d' % SECOND
    leg.answer(tone=620)
    await asyncio.sleep(1)
    hears('dora', await call.heard(1.5), {620: -12})
    await call.hang_up()


async def test_a_trunk_gets_its_own_password(phone, user):
    trunk = await phone('trunk', port=FIRST)
    alice = await user('alice')
    demands, plain = [], trunk._invite

    def demand(m, reply):
        demands.append(m)
        if m.get('Proxy-Authorization'):
            return plain(m, reply)
        trunk.respond(m, reply, 407, 'Proxy Authentication Required', [
            ('Proxy-Authenticate', 'Digest realm="t", nonce="4711", algorithm=SHA-256, qop="auth"')])
    trunk._invite = demand
    call = await alice.call('200@sip.localhost', wait=False)
    leg = await next_call(trunk)
    assert [bool(m.get('Proxy-Authorization')) for m in demands] == [False, True]
    assert 'username="confab"' in leg.invite.get('Proxy-Authorization')
    leg.reject(486, 'Busy Here')
    assert (await ended(call))[0] in ('busy', 'reject')


async def test_a_trunk_that_refuses_the_password_is_left_for_the_next(phone, user):
    trunk, second = await phone('trunk', port=FIRST), await phone('second', port=SECOND)
    alice = await user('alice')
    trunk._invite = lambda m, reply: trunk.respond(m, reply, 401, 'No', [
        ('WWW-Authenticate', 'Digest realm="t", nonce="1", algorithm=MD5, qop="auth"')])
    await alice.call('200@sip.localhost', wait=False)
    leg = await next_call(second)
    leg.reject(486, 'Busy Here')


# -- why calls end

@pytest.mark.parametrize('status, phrase, reason, words', [
    (486, 'Busy Here', 'busy', 'Busy'), (600, 'Busy Everywhere', 'busy', 'Busy'), (603, 'Decline', 'decline', 'declined'),
    (403, 'Forbidden', 'decline', 'may not be called'), (480, 'Unavailable', 'timeout', 'Nobody answered'),
    (404, 'Not Found', 'gone', 'no such address'), (488, 'Not Acceptable', 'incompatible-parameters', 'no audio in common'),
    (487, 'Request Terminated', 'cancel', 'cancelled on the other side'),
    (500, 'Oops', 'general-error', 'All lines of the telephone network are in use (500 Oops)')])
async def test_a_client_is_told_why_the_trunk_ended_the_call(phone, user, status, phrase, reason, words):
    second = await phone('second', port=SECOND)
    alice = await user('alice')
    call = await alice.call('400@sip.localhost', direct=True, wait=False)
    leg = await next_call(second)
    leg.ring()
    await eventually(lambda: rang(alice))
    second.respond(leg.invite, leg.reply, status, phrase,
                   [('Reason', 'Q.850;cause=34;text="none"')] if status == 500 else [], tag=leg.tag)
    leg.ended.set()
    told = await ended(call)
    assert told[0] == reason and words in (told[1] or ''), told


@pytest.mark.parametrize('reason, status', [
    ('busy', 486), ('decline', 603), ('gone', 480), ('timeout', 480), ('media-error', 488), ('connectivity-error', 500)])
async def test_a_phone_is_told_why_the_client_ended_the_call(phone, user, reason, status):
    alice = await user('alice')
    dora = await phone('dora')
    calling = asyncio.ensure_future(dora.call('sip:alice@localhost', expect=status))
    call = await asyncio.wait_for(alice.incoming.get(), 15)
    call.state = 'proceeding'
    alice.send_jmi('proceed', call.sid, call.peer)
    await asyncio.wait_for(call.incoming_offer.wait(), 20)
    call.state = 'offered'
    await call.terminate(reason)
    told = await asyncio.wait_for(calling, 10)
    assert told.status == status
    # Nobody is shown the name of a status where something went wrong.
    assert status != 500 or told.reason != 'Server Internal Error', told


async def test_a_client_that_gives_up_cancels(phone, user):
    second = await phone('second', port=SECOND)
    alice = await user('alice')
    call = await alice.call('400@sip.localhost', wait=False)
    leg = await next_call(second)
    leg.ring()
    await eventually(lambda: rang(alice))
    await call.terminate()
    await asyncio.wait_for(leg.ended.wait(), 10)


# -- sound before the answer

async def progress(leg, tone):
    """183 with a description, and the tone that goes with it."""
    leg.codec, leg.rtp = 'PCMU', RTPStream('PCMU', leg.phone.ip, tone)
    leg.phone.respond(leg.invite, leg.reply, 183, 'Session Progress', [('Content-Type', 'application/sdp')],
                      sdp(leg.phone.ip, leg.rtp.port), tag=leg.tag)
    leg.media(leg.invite.body)


async def test_an_announcement_before_the_answer_is_heard_and_its_end_is_the_calls(phone, user):
    second = await phone('second', port=SECOND)
    alice = await user('alice', tone='1000')
    call = await alice.call('300@sip.localhost', wait=False)
    leg = await next_call(second)
    await progress(leg, 620)
    assert await alice.wait_connected(call), call.reason
    hears('alice', await call.heard(2), {620: -12})
    leg.reject(404, 'Not Found')
    assert await ended(call) == ('gone', 'There is no such address.')


async def test_an_announcement_is_held_back_elsewhere(phone, user):
    second = await phone('second', port=SECOND)
    alice = await user('alice', tone='1000')
    call = await alice.call('400@sip.localhost', wait=False)
    leg = await next_call(second)
    await progress(leg, 620)
    await eventually(lambda: rang(alice))
    await never(call.connected.is_set, 1)
    leg.phone.respond(leg.invite, leg.reply, 200, 'OK', [('Content-Type', 'application/sdp')],
                      sdp(leg.phone.ip, leg.rtp.port), tag=leg.tag)
    leg.established = True
    assert await alice.wait_connected(call), call.reason
    hears('alice', await call.heard(2), {620: -12})


# -- bad input

def test_a_route_by_an_unknown_trunk_is_an_error(stack):
    path = os.path.join(stack.directory, 'unknown.yaml')
    with open(stack.confab.config) as f:
        text = f.read()
    with open(path, 'w') as f:
        f.write(text.replace('"2?? first, second"', '"2?? first, third"'))
    out = subprocess.run([BINARY, 'run', '--config', path], cwd=TOP, capture_output=True, text=True, timeout=20)
    assert out.returncode != 0 and 'there is no trunk `third`' in out.stdout + out.stderr, out


async def test_an_answer_without_a_description_ends_the_call(phone, user):
    second = await phone('second', port=SECOND)
    alice = await user('alice')
    call = await alice.call('400@sip.localhost', direct=True, wait=False)
    leg = await next_call(second)
    leg.established = True
    second.respond(leg.invite, leg.reply, 200, 'OK', tag=leg.tag)
    await asyncio.wait_for(leg.acknowledged.wait(), 10)
    await asyncio.wait_for(leg.ended.wait(), 10)
    assert (await ended(call))[0] == 'incompatible-parameters'


async def test_a_trunk_that_sends_the_call_back_gets_a_482(phone, user):
    second = await phone('second', port=SECOND)
    alice = await user('alice')
    call = await alice.call('400@sip.localhost', direct=True, wait=False)
    leg = await next_call(second)
    back = Message('INVITE sip:400@127.0.0.1 SIP/2.0', [('Via', second.via())] + [
        h for h in leg.invite.headers if h[0] != 'Content-Length'], leg.invite.body)
    response = await second.transact(back)
    assert response.status == 482, response
    leg.reject(482, 'Loop Detected')
    told = await ended(call)
    assert told[0] == 'general-error' and 'came back' in told[1], told


async def test_nobody_is_believed_who_asserts_an_identity_without_being_trusted(phone, user):
    alice = await user('alice')
    dora = await phone('dora')
    calling = asyncio.ensure_future(dora.call('sip:alice@localhost', expect=487, headers=[
        ('P-Asserted-Identity', '<sip:boss@pbx.example>')]))
    call = await asyncio.wait_for(alice.incoming.get(), 15)
    assert 'boss' not in str(call.peer) and 'dora' in str(call.peer)
    await dora.calls[next(iter(dora.calls))].cancel()
    await asyncio.wait_for(calling, 10)
