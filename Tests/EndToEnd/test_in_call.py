"""What the two of a bridged call do beside talking: keys, hold, transfers, and a third who is called in."""
import asyncio
import xml.etree.ElementTree as ET

import pytest

from harness import keys
from harness.expectations import all_heard, each_hears, eventually, hears, silence
from harness.in_call import (
    answer, heard_by_client, heard_by_phone, press_on_client, pressed, signals, tell_keys, told_keys, watch_events,
    watch_info)
from harness.keys import EVENTS
from harness.server import Confab, Stack
from harness.transfers import fragments, refer, refer_beside, replaces, transfer

GATEWAY = '100@sip.localhost'
INFO = '{urn:xmpp:jingle:apps:rtp:info:1}'


@pytest.fixture(scope='module')
async def stack(request):
    """With a second number behind the first one's address."""
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, {'CONFAB_GATEWAY_ROUTES': '10? 127.0.0.1:5080'})
    async with s:
        yield s


async def bridged(phone, user, events=True, plain=False, tone=440):
    """Alice's client calls the phone 100. -> (alice, her call, the phone, its call)"""
    hundred = await phone('100', port=5080)
    alice = await user('alice', tone='1000', plain=plain)
    call = await alice.call(GATEWAY, wait=False)
    leg = await asyncio.wait_for(hundred.incoming.get(), 15)
    answer(leg, tone, events)
    assert await alice.wait_connected(call), call.reason
    await eventually(lambda: leg.rtp.received > 5, 10, 'the phone hears nothing')
    return alice, call, hundred, leg


# -- keys

async def test_keys_go_both_ways_as_telephone_events(phone, user):
    alice, call, _, leg = await bridged(phone, user)
    packets = watch_events(call)
    await keys.press(leg, '147*#')
    await eventually(lambda: heard_by_client(packets) == '147*#', 10, 'alice does not get the keys')

    await press_on_client(call, '2580D')
    await eventually(lambda: heard_by_phone(leg) == '2580D', 10, 'the phone does not get the keys')
    # RFC 4733 section 2.5: 100 ms each.
    assert all(duration >= 800 for _, duration in pressed(leg.rtp.others, {EVENTS}))


async def test_keys_go_both_ways_as_messages(phone, user):
    alice, call, hundred, leg = await bridged(phone, user, events=False, plain=True)
    told = watch_info(hundred)
    await keys.press_info(leg, '147*')
    await keys.press_info(leg, '#', 'application/dtmf')
    await eventually(lambda: told_keys(alice) == '147*#', 10, 'alice does not get the keys')

    await tell_keys(call, '258')
    alice.send_message(mto=GATEWAY, mbody='0 #', mtype='chat')
    await eventually(lambda: signals(told) == '2580#', 10, 'the phone does not get the keys')


async def test_keys_in_the_sound_and_in_chat_become_telephone_events(phone, user):
    alice, call, _, leg = await bridged(phone, user, events=False, tone=None)
    packets = watch_events(call)
    await keys.press_tones(leg, '1590')
    await eventually(lambda: heard_by_client(packets) == '1590', 10, 'alice does not get the keys')
    alice.send_message(mto=GATEWAY, mbody='/help', mtype='chat')
    await eventually(lambda: any('/add' in (e.get('body') or '') for e in alice.events), 10, 'no help')


# -- transfers

async def next_call(phone):
    return await asyncio.wait_for(phone.incoming.get(), 15)


async def test_a_phone_transfers_and_the_client_hears_somebody_else(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    response = await refer(leg, '<sip:101@sip.localhost>')
    assert response.status == 202, response
    # Who is called is busy: all stays as it was.
    other = await next_call(hundred)
    assert 'alice@localhost' in other.invite.get('From')
    other.reject(486, 'Busy Here')
    await eventually(lambda: fragments(hundred)[-1:] == ['SIP/2.0 486 Busy Here'], 10, 'the phone is not told')
    await each_hears(1.2, ('the phone', leg, {1000: -12}), ('alice', call, {440: -12}))

    assert (await refer(leg, '<sip:101@sip.localhost>')).status == 202
    other = await next_call(hundred)
    other.ring()
    answer(other, 620)
    await eventually(lambda: fragments(hundred)[-1:] == ['SIP/2.0 200 OK'], 10, 'the phone is not told')
    assert await alice.message('You are talking to 101@sip.localhost now.')
    await leg.hang_up()
    await asyncio.sleep(0.5)
    await each_hears(1.2, ('the other', other, {1000: -12}), ('alice', call, {620: -12}, [440]))
    assert not call.ended.is_set()
    await call.terminate()
    await asyncio.wait_for(other.ended.wait(), 10)


async def test_a_phone_joins_its_two_calls(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    bob = await user('bob', tone='800')
    bob.auto = 'on'
    second = await hundred.call('sip:bob@localhost')
    theirs = await eventually(lambda: next(iter(bob.calls.values()), None))
    assert await bob.wait_connected(theirs), theirs.reason
    target = replaces(second).replace('@', '%40').replace(';', '%3B').replace('=', '%3D')
    assert (await refer(leg, '<sip:bob@localhost?Replaces=%s>' % target)).status == 202
    await asyncio.wait_for(second.ended.wait(), 10)
    await leg.hang_up()
    await asyncio.sleep(0.5)
    await each_hears(1.2, ('alice', call, {800: -12}), ('bob', theirs, {1000: -12}))
    await call.terminate()
    await asyncio.wait_for(theirs.ended.wait(), 10)


async def test_another_phone_takes_a_call_over(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    emil = await phone('emil')
    refused = await emil.call('sip:alice@127.0.0.1', headers=[('Replaces', replaces(leg))], expect=403)
    assert refused.status == 403
    taken = await emil.call('sip:alice@127.0.0.1', tone=620, headers=[
        ('Replaces', replaces(leg)), ('Referred-By', '<sip:100@127.0.0.1:5080>')])
    await asyncio.wait_for(leg.ended.wait(), 10)
    await asyncio.sleep(0.5)
    await each_hears(1.2, ('emil', taken, {1000: -12}), ('alice', call, {620: -12}, [440]))


async def test_a_client_transfers(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    bob = await user('bob', tone='800')
    bob.auto = 'on'
    await call.inform(transfer('bob@localhost'))
    theirs = await eventually(lambda: next(iter(bob.calls.values()), None))
    await asyncio.wait_for(call.ended.wait(), 15)
    await asyncio.sleep(0.5)
    await each_hears(1.2, ('the phone', leg, {800: -12}, [1000]), ('bob', theirs, {440: -12}))


async def test_a_client_joins_its_two_calls(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    second = await alice.call('101@sip.localhost', wait=False)
    other = await next_call(hundred)
    answer(other, 620)
    assert await alice.wait_connected(second), second.reason
    # Two calls of one user, side by side.
    await each_hears(1.2, ('the first call', call, {440: -12}, [620]), ('the second call', second, {620: -12}, [440]))
    await call.inform(transfer('101@sip.localhost', second.sid))
    await asyncio.wait_for(call.ended.wait(), 10)
    await asyncio.wait_for(second.ended.wait(), 10)
    await asyncio.sleep(0.5)
    await each_hears(1.2, ('the phone', leg, {620: -12}, [1000]), ('the other', other, {440: -12}, [1000]))


# -- hold

async def test_who_is_held_hears_music_and_the_tone_is_back_afterwards(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    assert await leg.offer('inactive') == 'inactive'
    await asyncio.sleep(0.5)
    heard = (await all_heard(1.5, call))[0]
    hears('alice', heard, {}, absent=[440])
    assert heard['rms'] > -50, heard
    assert await leg.offer('sendrecv') == 'sendrecv'
    await asyncio.sleep(1.5)
    await each_hears(1.2, ('alice', call, {440: -12}, [262, 330]), ('the phone', leg, {1000: -12}))


async def test_a_phone_that_a_client_holds_hears_music_until_the_client_is_back(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    sender = call.pc.getSenders()[0]
    tone = sender.track
    sender.replaceTrack(None)
    leg.wish = 'recvonly'
    await call.inform(ET.Element(INFO + 'hold'))
    await eventually(lambda: any('a=sendonly' in m.body for m in leg.offers), 10, 'the phone is not told')
    await asyncio.sleep(0.5)
    held = await leg.heard(1.2)
    assert held['rms'] > -50, held
    leg.wish = 'sendrecv'
    await call.inform(ET.Element(INFO + 'unhold'))
    await eventually(lambda: 'a=sendrecv' in leg.offers[-1].body, 10, 'the phone is not told')
    await asyncio.sleep(0.5)
    silence('the phone, of music,', await leg.heard(1))
    sender.replaceTrack(tone)
    await each_hears(1.2, ('the phone', leg, {1000: -12}), ('alice', call, {440: -12}))


# -- a third

async def test_a_third_is_called_in_and_two_go_on_alone(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    alice.send_message(mto=GATEWAY, mbody='/add 999', mtype='chat')
    await eventually(lambda: any('999' in (e.get('body') or '') for e in alice.events), 10, 'no refusal')
    alice.send_message(mto=GATEWAY, mbody='/add 101', mtype='chat')
    third = await next_call(hundred)
    assert 'isfocus' in third.invite.get('Contact')
    answer(third, 620)
    # The one that was there learns that it is in a conference.
    await eventually(lambda: any('isfocus' in m.get('Contact') for m in leg.offers + leg.updates), 10, 'no isfocus')
    await eventually(lambda: third.rtp.received > 5, 10, 'the third hears nothing')
    await asyncio.sleep(0.5)
    heard = await all_heard(1.2, leg, third, call)
    hears('the phone', heard[0], {1000: -12, 620: -12}, absent=[440])
    hears('the third', heard[1], {1000: -12, 440: -12}, absent=[620])
    hears('alice', heard[2], {440: -12, 620: -12}, absent=[1000])
    assert not call.ended.is_set() and not leg.ended.is_set()
    await eventually(lambda: any(e['ev'] == 'conference-info' for e in alice.events), 15, 'alice sees no roster')

    await third.hang_up()
    await eventually(lambda: 'isfocus' not in (leg.offers + leg.updates)[-1].get('Contact'), 10, 'still a focus')
    await each_hears(1.2, ('the phone', leg, {1000: -12}, [620]), ('alice', call, {440: -12}, [620]))
    await leg.hang_up()
    await asyncio.wait_for(call.ended.wait(), 10)


async def test_a_phone_refers_a_third_into_the_call(phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    assert (await refer_beside(leg, '<sip:101@sip.localhost>', 'no-such-call')).status == 481
    assert (await refer_beside(leg, '<sip:999@sip.localhost>')).status == 403
    assert (await refer_beside(leg, '<sip:101@sip.localhost>')).status == 202
    third = await next_call(hundred)
    assert 'isfocus' in third.invite.get('Contact')
    answer(third, 620)
    await eventually(lambda: fragments(hundred)[-1:] == ['SIP/2.0 200 OK'], 10, 'the phone is not told')
    await eventually(lambda: any('isfocus' in m.get('Contact') for m in leg.offers + leg.updates), 10, 'no isfocus')
    await eventually(lambda: third.rtp.received > 5, 10, 'the third hears nothing')
    await asyncio.sleep(0.5)
    heard = await all_heard(1.2, leg, third, call)
    hears('the phone', heard[0], {1000: -12, 620: -12}, absent=[440])
    hears('the third', heard[1], {1000: -12, 440: -12}, absent=[620])
    hears('alice', heard[2], {440: -12, 620: -12}, absent=[1000])
    assert not call.ended.is_set() and not leg.ended.is_set()
