"""The focus: who calls others in, who takes them out, and what everybody sees of it."""
import asyncio

import pytest

from harness.conference_info import by_sip
from harness.expectations import all_heard, eventually, hears
from harness.server import Confab, Stack
from harness.sip_message import address

RING_TIME = 4


@pytest.fixture(scope='module')
async def stack(request):
    """With rules by which rooms may call any phone on this machine, and little patience."""
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, {'CONFAB_GATEWAY_ROUTES': '100 127.0.0.1:5080,*@127.0.0.1:* *',
                                    'CONFAB_ROOMS_RING_TIME': str(RING_TIME)})
    try:
        await s.start()
        yield s
    finally:
        await s.stop()


def fragments(phone, call_id):
    """What NOTIFYs of a REFER said, in order."""
    return [m.body.strip() for m in phone.notifies if m.get('Call-ID') == call_id and 'refer' in m.get('Event')]


async def told(phone, call_id, *expected):
    assert await phone.until(lambda: fragments(phone, call_id)[-1:] == [expected[-1]]), fragments(phone, call_id)
    assert fragments(phone, call_id) == list(expected)


def status_of(watcher, name):
    for user in watcher.look().users.values():
        if user['name'] == name:
            return [e['status'] for e in user['endpoints'].values()]
    return []


async def test_a_refer_calls_a_phone_in_and_everybody_hears_it(phone, room):
    dora, emil, frank = await phone('dora'), await phone('emil'), await phone('frank')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    assert (await emil.subscribe('sip:%s@127.0.0.1' % room)).status == 200
    watcher = by_sip(emil)
    response = await call.ask('REFER', [('Refer-To', '"Frank" <%s>' % frank.uri)])
    assert response.status == 202, response
    ringing = await asyncio.wait_for(frank.incoming.get(), 5)
    assert 'isfocus' in ringing.invite.get('Contact')
    assert address(ringing.invite.get('From')) == 'sip:%s@talk.localhost' % room
    await eventually(lambda: status_of(watcher, 'Frank') == ['dialing-out'])
    ringing.ring()
    await eventually(lambda: status_of(watcher, 'Frank') == ['alerting'])
    ringing.answer(tone=800)
    await eventually(lambda: status_of(watcher, 'Frank') == ['connected'])
    await told(dora, call.call_id, 'SIP/2.0 100 Trying', 'SIP/2.0 180 Ringing', 'SIP/2.0 200 OK')
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, ringing)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('frank', heard[1], {500: -12}, absent=[800])
    assert (await call.say('welcome')).status < 300
    assert await frank.until(lambda: [m for m in frank.messages if 'welcome' in m.body])


@pytest.mark.parametrize('status, reason', [(486, 'Busy Here'), (603, 'Decline'), (404, 'Not Found')])
async def test_who_does_not_come_is_told_and_shown(phone, room, status, reason):
    dora, emil, frank = await phone('dora'), await phone('emil'), await phone('frank')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    await emil.subscribe('sip:%s@127.0.0.1' % room)
    watcher = by_sip(emil)
    await call.ask('REFER', [('Refer-To', '"Frank" <%s>' % frank.uri)])
    (await asyncio.wait_for(frank.incoming.get(), 5)).reject(status, reason)
    await told(dora, call.call_id, 'SIP/2.0 100 Trying', 'SIP/2.0 %d %s' % (status, reason))
    await eventually(lambda: status_of(watcher, 'Frank') == ['disconnected'])
    await eventually(lambda: watcher.look().names() == ['dora'])


async def test_who_does_not_answer_is_cancelled(phone, room):
    dora, frank = await phone('dora'), await phone('frank')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    await call.ask('REFER', [('Refer-To', '<%s>' % frank.uri)])
    ringing = await asyncio.wait_for(frank.incoming.get(), 5)
    ringing.ring()
    await asyncio.wait_for(ringing.ended.wait(), RING_TIME + 3)
    await told(dora, call.call_id, 'SIP/2.0 100 Trying', 'SIP/2.0 180 Ringing', 'SIP/2.0 480 Temporarily Unavailable')


async def test_a_refer_that_is_not_allowed_is_403(phone, room):
    dora, eve = await phone('dora'), await phone('eve')
    uri = 'sip:%s@127.0.0.1' % room
    call = await dora.call(uri)
    assert (await call.ask('REFER', [('Refer-To', '<sip:900@talk.localhost>')])).status == 403
    assert (await call.ask('REFER', [('Refer-To', '<sip:bob@elsewhere.example>')])).status == 403
    assert (await call.ask('REFER')).status == 400
    assert (await eve.ask('REFER', uri, [('Refer-To', '<%s>' % eve.uri)])).status == 403
    second = await eve.call(uri)
    assert (await second.ask('REFER', [('Refer-To', '<%s;method=BYE>' % dora.uri)])).status == 403
    assert not call.ended.is_set()


async def test_an_xmpp_user_is_called_in_by_a_command(phone, room, user):
    dora, alice = await phone('dora'), await user('alice', tone='1000')
    alice.auto = 'on'
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    assert (await call.say('/call 900')).status < 300
    assert await dora.until(lambda: [m for m in dora.messages if 'may not be called' in m.body])
    assert (await call.say('/call alice@localhost')).status < 300
    assert await dora.until(lambda: [m for m in dora.messages if 'Calling alice@localhost' in m.body])
    incoming = await asyncio.wait_for(alice.incoming.get(), 15)
    assert await alice.wait_connected(incoming)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, incoming)
    hears('dora', heard[0], {1000: -12}, absent=[500])
    hears('alice', heard[1], {500: -12}, absent=[1000])
