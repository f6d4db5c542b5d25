"""The focus: who calls others in, who takes them out, and what everybody sees of it."""
import asyncio
import os
import subprocess

import pytest

from harness.conference_info import by_sip
from harness.expectations import all_heard, eventually, hears, silence
from harness.server import Confab, Stack, holders
from harness.sip_message import address, parameter

RING_TIME = 4


@pytest.fixture(scope='module')
async def stack(request):
    """With rules by which rooms may call any phone on this machine, and little patience."""
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, {'CONFAB_GATEWAY_ROUTES': '100 127.0.0.1:5080,*@127.0.0.1:* *',
                                    'CONFAB_ROOMS_RING_TIME': str(RING_TIME), 'CONFAB_ROOMS_FACTORY': 'conference-factory',
                                    'CONFAB_SIP_MINIMUM_SESSION': '4', 'CONFAB_SIP_SESSION_EXPIRES': '6', 'CONFAB_MEDIA_TIMEOUT': '6'})
    async with s:
        yield s


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


async def test_baresip_is_called_in_holds_and_comes_back(phone, room, baresip):
    b = await baresip('100', 440, port=5080)
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    assert (await call.ask('REFER', [('Refer-To', '<sip:100@talk.localhost>')])).status == 202
    assert await b.wait('CALL_INCOMING'), b.types()
    await b.command('accept')
    assert await dora.until(lambda: fragments(dora, call.call_id)[-1:] == ['SIP/2.0 200 OK'])
    await asyncio.sleep(1)
    heard = await all_heard(2, call, b)
    hears('dora', heard[0], {440: -6}, absent=[500])
    hears('baresip', heard[1], {500: -12}, absent=[440])
    await b.command('hold')
    await asyncio.sleep(1)
    silence('dora, while baresip holds', await call.heard(1.5))
    await b.command('resume')
    await asyncio.sleep(1)
    hears('dora', await call.heard(1.5), {440: -6}, absent=[500])


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
    await asyncio.sleep(2)
    heard = await all_heard(1.5, call, incoming)
    hears('dora', heard[0], {1000: -12}, absent=[500])
    hears('alice', heard[1], {500: -12}, absent=[1000])


# -- the factory

FACTORY = 'sip:conference-factory@127.0.0.1'
LIST = '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>%s</list></resource-lists>'


def with_list(*uris):
    """Dresses an offer up with a URI list (RFC 5366)."""
    entries = ''.join('<entry uri="%s"/>' % u for u in uris)
    return lambda body: '\r\n'.join([
        '--b', 'Content-Type: application/sdp', '', body, '--b', 'Content-Type: application/resource-lists+xml',
        'Content-Disposition: recipient-list', '', LIST % entries, '--b--', ''])


async def test_the_factory_makes_a_room_whose_moderator_expels(phone):
    dora, emil = await phone('dora'), await phone('emil')
    call = await dora.call(FACTORY, tone=500)
    contact = call.response.get('Contact')
    assert 'isfocus' in contact and 'conference-factory' not in contact
    second = await emil.call(address(contact), tone=800)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, second)
    hears('dora', heard[0], {800: -12}, absent=[500])
    assert (await second.ask('REFER', [('Refer-To', '<%s;method=BYE>' % dora.uri)])).status == 403
    assert (await call.ask('REFER', [('Refer-To', '<%s;method=BYE>' % emil.uri)])).status == 202
    await asyncio.wait_for(second.ended.wait(), 5)
    assert not call.ended.is_set()
    another = await (await phone('frank')).call(FACTORY)
    assert address(another.response.get('Contact')) != address(contact)


async def test_a_list_is_called_in(phone):
    dora, emil, frank = await phone('dora'), await phone('emil'), await phone('frank')
    call = await dora.call(FACTORY, tone=500, dress=with_list(emil.uri, frank.uri, emil.uri), headers=[
        ('Content-Type', 'multipart/mixed;boundary=b'), ('Require', 'recipient-list-invite')])
    first, second = await asyncio.wait_for(emil.incoming.get(), 5), await asyncio.wait_for(frank.incoming.get(), 5)
    first.answer(tone=800)
    second.reject(486, 'Busy Here')
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, first)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('emil', heard[1], {500: -12}, absent=[800])
    assert await dora.until(lambda: [m for m in dora.messages if 'busy' in m.body])
    assert emil.incoming.empty()


async def test_several_are_called_in_by_one_refer(phone, room):
    dora, emil, frank = await phone('dora'), await phone('emil'), await phone('frank')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    entries = ''.join('<entry uri="%s"/>' % p.uri for p in (emil, frank))
    response = await call.ask('REFER', [
        ('Refer-To', '<cid:list@dora>'), ('Refer-Sub', 'false'), ('Require', 'multiple-refer, norefersub'),
        ('Content-Type', 'application/resource-lists+xml'), ('Content-Id', '<list@dora>')], LIST % entries)
    assert response.status == 202 and response.get('Refer-Sub') == 'false', response
    for p in (emil, frank):
        (await asyncio.wait_for(p.incoming.get(), 5)).answer()
    await asyncio.sleep(0.5)
    assert not fragments(dora, call.call_id)


# -- taking a call over

def dialog_of(call):
    return '%s;to-tag=%s;from-tag=%s' % (call.call_id, parameter(call.remote, 'tag'), parameter(call.local, 'tag'))


async def test_a_third_phone_of_the_same_person_takes_a_call_over(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, emil, mobile = await phone('dora'), await phone('emil'), await phone('dora')
    call, other = await dora.call(uri, tone=500), await emil.call(uri, tone=800)
    await emil.subscribe(uri)
    watcher = by_sip(emil)
    await eventually(lambda: watcher.counts(2))
    me = [('From', '<%s>;tag=mobile' % dora.uri)]
    third = await mobile.call(uri, tone=1000, headers=me + [('Replaces', dialog_of(call))])
    await asyncio.wait_for(call.ended.wait(), 5)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, third, other)
    hears('the third phone', heard[0], {800: -12}, absent=[500, 1000])
    hears('emil', heard[1], {1000: -12}, absent=[500, 800])
    assert watcher.look().names() == ['dora', 'emil'] and watcher.counts(2)


async def test_a_call_is_not_taken_over_by_anybody(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, eve = await phone('dora'), await phone('eve')
    call = await dora.call(uri)
    assert (await eve.call(uri, headers=[('Replaces', dialog_of(call))], expect=403)).status == 403
    assert (await eve.call(uri, headers=[('Replaces', 'nothing;to-tag=a;from-tag=b')], expect=481)).status == 481
    assert (await eve.call(uri, headers=[('Replaces', dialog_of(call) + ';early-only')], expect=486)).status == 486
    joined = await eve.call('sip:elsewhere@127.0.0.1', headers=[('Join', dialog_of(call))])
    assert address(joined.response.get('Contact')).startswith('sip:%s@' % room)
    await call.hang_up()
    assert (await eve.call(uri, headers=[('Replaces', dialog_of(call))], expect=603)).status == 603


# -- timers, reliability, hold, privacy

async def test_a_session_that_is_not_refreshed_ends(phone, room):
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room, headers=[('Supported', 'timer'), ('Session-Expires', '6')])
    assert call.response.get('Session-Expires') == '6;refresher=uac'
    assert call.response.get('Require') == 'timer'
    await asyncio.sleep(3)
    response = await call.ask('UPDATE', [('Supported', 'timer'), ('Session-Expires', '6;refresher=uac')])
    assert response.status == 200 and response.get('Session-Expires') == '6;refresher=uac', response
    await asyncio.sleep(2)
    assert not call.ended.is_set()
    await asyncio.wait_for(call.ended.wait(), 5)


async def test_a_phone_without_timers_is_refreshed(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora = await phone('dora', allow='INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, NOTIFY, UPDATE')
    emil = await phone('emil')
    call, other = await dora.call(uri), await emil.call(uri)
    await eventually(lambda: call.updates and other.offers, 8)
    assert 'isfocus' in call.updates[0].get('Contact') and 'isfocus' in other.offers[0].get('Contact')
    await asyncio.sleep(4)
    assert not call.ended.is_set() and not other.ended.is_set()


async def test_a_phone_that_vanished_is_taken_out_and_one_on_hold_is_not(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, emil, frank = await phone('dora'), await phone('emil'), await phone('frank')
    gone, held, there = await dora.call(uri, tone=500), await emil.call(uri, tone=700), await frank.call(uri)
    await asyncio.sleep(0.5)
    assert await held.offer('sendonly') == 'recvonly'
    gone.rtp.on = held.rtp.on = False
    await asyncio.wait_for(gone.ended.wait(), 12)
    assert not held.ended.is_set() and not there.ended.is_set()


async def test_too_short_a_session_is_422(phone, room):
    dora = await phone('dora')
    response = await dora.call('sip:%s@127.0.0.1' % room, expect=422, headers=[
        ('Supported', 'timer'), ('Session-Expires', '2')])
    assert response.get('Min-SE') == '4'


async def test_reliable_ringing_is_acknowledged(phone, room):
    dora, frank = await phone('dora'), await phone('frank')
    frank.pracks = []

    def prack(m, reply):
        frank.pracks.append(m)
        frank.respond(m, reply, 200, 'OK')
    frank._prack = prack
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    await call.ask('REFER', [('Refer-To', '<%s>' % frank.uri)])
    ringing = await asyncio.wait_for(frank.incoming.get(), 5)
    assert '100rel' in ringing.invite.get('Supported')
    ringing.ring([('Require', '100rel'), ('RSeq', '17')])
    assert await frank.until(lambda: frank.pracks)
    assert frank.pracks[0].get('RAck') == '17 %d INVITE' % ringing.invite.cseq[0]
    ringing.answer()
    await asyncio.sleep(1)
    hears('frank', await ringing.heard(1.5), {500: -12})


async def test_sipp_rings_reliably_is_refreshed_and_expelled(phone, stack):
    """By sipp, which was written by others: PRACK, UPDATE and BYE as its scenario wants them."""
    directory = os.path.join(stack.directory, 'sipp')
    os.makedirs(directory, exist_ok=True)
    scenario = os.path.join(os.path.dirname(__file__), 'harness/sipp_reliable.xml')
    process = await asyncio.create_subprocess_exec(
        'sipp', '-sf', scenario, '-i', '127.0.0.1', '-p', '5080', '-mp', '21000', '-m', '1', '-timeout', '40', '-nostdin',
        cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    await eventually(lambda: holders('udp', 5080))
    dora = await phone('dora')
    call = await dora.call(FACTORY)
    assert (await call.ask('REFER', [('Refer-To', '<sip:100@talk.localhost>')])).status == 202
    await told(dora, call.call_id, 'SIP/2.0 100 Trying', 'SIP/2.0 180 Ringing', 'SIP/2.0 200 OK')
    await asyncio.sleep(4)
    assert (await call.ask('REFER', [('Refer-To', '<sip:100@talk.localhost;method=BYE>')])).status == 202
    output, _ = await asyncio.wait_for(process.communicate(), 45)
    assert process.returncode == 0, output.decode(errors='replace')[-3000:]


async def test_music_on_hold_does_not_reach_the_room(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, emil = await phone('dora'), await phone('emil')
    call, other = await dora.call(uri, tone=500), await emil.call(uri, tone=800)
    await asyncio.sleep(1)
    hears('emil', await other.heard(1.5), {500: -12}, absent=[800])
    assert await call.offer('sendonly') == 'recvonly'
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, other)
    silence('dora, who holds', heard[0])
    silence('emil, while music plays', heard[1])
    assert await call.offer('sendrecv') == 'sendrecv'
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, other)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('emil', heard[1], {500: -12}, absent=[800])


async def test_who_wants_to_be_nobody_is_anonymous(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, emil = await phone('dora'), await phone('emil')
    await emil.call(uri)
    await dora.call(uri, headers=[('Privacy', 'id;user')])
    await emil.subscribe(uri)
    watcher = by_sip(emil)
    await eventually(lambda: watcher.counts(2))
    assert watcher.look().names() == ['Anonymous', 'emil']
    assert not any('dora' in m.body for m in emil.notifies)
