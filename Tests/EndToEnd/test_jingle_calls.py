"""What happens in a Jingle call besides talking: hold, mute, keys, video, another network, several devices."""
import asyncio
import xml.etree.ElementTree as ET

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from slixmpp.exceptions import IqError

from harness.conference_info import by_coin, by_sip
from harness.expectations import all_heard, eventually, hears
from harness.jingle_call import Call
from harness.ice_restart import reinvite, restart
from harness.jingle_sdp import q
from harness.media import ToneMeter, ToneTrack, set_ice_hosts
from harness.sip_phone import Call as SIPCall, RTPStream
from harness.tones import level


def uri(room):
    return 'sip:%s@127.0.0.1' % room


def info(kind, **attributes):
    return ET.Element(q('info', kind), attributes)


async def watch(phone, room):
    assert (await phone.subscribe(uri(room))).status == 200
    return by_sip(phone)


def endpoint(roster, name):
    """(status, media) of the only endpoint of who is shown under that name."""
    for user in roster.look().users.values():
        if (user['name'] or '').lower() == name:
            return next(((e['status'], e['media']) for e in user['endpoints'].values()), ('gone', None))
    return 'gone', None


async def meet(phone, user, room, **kw):
    """Alice by Jingle and Dora by SIP."""
    dora, alice = await phone('dora', display='Dora'), await user('alice')
    call = await dora.call(uri(room), tone=620)
    jingle = await alice.call(room + '@talk.localhost', **kw)
    assert jingle.connected.is_set(), jingle.reason
    return dora, call, alice, jingle


# -- in the session

async def test_hold_and_mute_are_seen_and_heard(phone, user, room):
    dora, call, alice, jingle = await meet(phone, user, room)
    roster = await watch(dora, room)
    await eventually(lambda: endpoint(roster, 'alice') == ('connected', 'sendrecv'), 20, lambda: roster.look().users)

    await jingle.inform(info('mute', creator='initiator', name=jingle.names[0]))
    await eventually(lambda: endpoint(roster, 'alice') == ('connected', 'recvonly'), 20, lambda: roster.look().users)
    await asyncio.sleep(0.5)
    heard = await all_heard(1.5, call, jingle)
    assert level(heard[0], 440) < -45, 'who said that it is muted is heard'
    hears('alice', heard[1], {620: -12})

    await jingle.inform(info('unmute', creator='initiator', name=jingle.names[0]))
    await jingle.inform(info('hold'))
    await eventually(lambda: endpoint(roster, 'alice')[0] == 'on-hold', 20, lambda: roster.look().users)
    await asyncio.sleep(0.5)
    sent = jingle.meter.frames
    heard = await call.heard(1.5)
    assert level(heard, 440) < -45, 'the music of who holds the room is heard'
    assert jingle.meter.frames - sent < 5, 'who holds the room is sent to'

    await jingle.inform(info('active'))
    await eventually(lambda: endpoint(roster, 'alice') == ('connected', 'sendrecv'), 20, lambda: roster.look().users)
    await asyncio.sleep(0.5)
    heard = await all_heard(1.5, call, jingle)
    hears('dora', heard[0], {440: -12})
    hears('alice', heard[1], {620: -12})
    # Whatever else is told is acknowledged: clients end a call on an error.
    for element in [ET.Element('{urn:example:news}news'), info('ringing'), info('shrug')]:
        assert (await jingle.inform(element))['type'] == 'result'
    assert (await jingle.inform())['type'] == 'result'


async def test_keys_by_xep_0181_are_keys(phone, user, room):
    dora, call, alice, jingle = await meet(phone, user, room)
    roster = await watch(dora, room)
    await eventually(lambda: endpoint(roster, 'alice') == ('connected', 'sendrecv'), 20, lambda: roster.look().users)
    for muted in True, False:
        for key in '*6':
            await jingle.inform(ET.Element('{urn:xmpp:jingle:dtmf:0}dtmf', code=key, duration='100'))
        await eventually(lambda: ('muted' in endpoint(roster, 'alice')[0]) == muted, 20, lambda: roster.look().users)
    with pytest.raises(IqError):
        await jingle.inform(ET.Element('{urn:xmpp:jingle:dtmf:0}dtmf', code='E'))


async def test_a_video_call_gets_its_audio(phone, user, room):
    dora, call, alice, jingle = await meet(phone, user, room, media=('audio', 'video'))
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, jingle)
    hears('dora', heard[0], {440: -12})
    hears('alice', heard[1], {620: -12})
    # And video that is added later is rejected in words.
    content = ET.Element(q('jingle', 'content'), creator='initiator', name='v', senders='both')
    ET.SubElement(content, q('rtp', 'description'), media='video')
    ET.SubElement(content, q('ice', 'transport'), ufrag='abcd', pwd='0123456789012345678901')
    await jingle.inform(content, action='content-add')
    reject = await alice.wait_event(lambda e: e['ev'] == 'got' and e['action'] == 'content-reject', 10)
    assert reject and reject['contents'][0]['name'] == 'v', alice.events[-5:]
    assert jingle.state == 'accepted'


async def test_a_phone_that_changes_its_network_stays_in_the_call(phone, user, room):
    dora, call, alice, jingle = await meet(phone, user, room)
    before = jingle.meter.frames
    for keep_old in True, False:
        pair = await restart(jingle, keep_old)
        assert jingle.state == 'accepted' and not jingle.ended.is_set()
        await asyncio.sleep(1)
        heard = await all_heard(1.5, call, jingle)
        hears('dora, of who has moved to %s,' % (pair.local_addr,), heard[0], {440: -12})
        hears('who has moved', heard[1], {620: -12})
    assert jingle.meter.frames > before


async def test_a_browser_that_changes_its_network_stays_in_the_call(phone, room):
    """The same over SIP: a re-INVITE with other credentials."""
    set_ice_hosts(['127.0.0.1'])
    dora, browser = await phone('dora', display='Dora'), await phone('browser', display='Browser')
    listener = await dora.call(uri(room), tone=620)
    pc, meter = RTCPeerConnection(RTCConfiguration(iceServers=[])), ToneMeter()
    pc.on('track', meter.start)
    pc.addTrack(ToneTrack('440', -12.0))
    try:
        await pc.setLocalDescription(await pc.createOffer())
        call = SIPCall(browser, RTPStream('PCMU', '127.0.0.1', None, 0), 'PCMU')
        request = browser.invitation(uri(room), pc.localDescription.sdp)
        call.begin(request)
        response = await browser.transact(request, 30, call.provisionals.append)
        assert response.status == 200, response
        call.confirm(response)
        call.acknowledge()
        await pc.setRemoteDescription(RTCSessionDescription(response.body, 'answer'))
        await eventually(lambda: pc.connectionState == 'connected', 30, lambda: pc.connectionState)
        pair = await reinvite(call, pc)
        await asyncio.sleep(1)
        heard = await listener.heard(1.5)
        hears('dora, of who has moved to %s,' % (pair.local_addr,), heard, {440: -12})
        hears('who has moved', meter.analyse(1.2), {620: -12})
        await call.hang_up()
    finally:
        await pc.close()


async def test_nobody_else_has_a_say_in_a_session(phone, user, room):
    dora, call, alice, jingle = await meet(phone, user, room)
    other, bob = await user('alice', resource='tablet'), await user('bob')
    reason = ET.Element(q('jingle', 'reason'))
    ET.SubElement(reason, q('jingle', 'success'))
    for stranger in other, bob:
        for action, payload in (('session-terminate', reason), ('session-info', info('hold'))):
            with pytest.raises(IqError) as caught:
                await jingle.inform(payload, action=action, sender=stranger)
            assert caught.value.iq['error']['condition'] == 'item-not-found'
    # Nor does it help to bring the session's id, or the caller's name as `initiator`.
    forged = jingle.jingle('session-initiate')
    forged.set('initiator', alice.boundjid.full)
    content = ET.SubElement(forged, q('jingle', 'content'), creator='initiator', name='0')
    ET.SubElement(content, q('rtp', 'description'), media='audio')
    ET.SubElement(content, q('ice', 'transport'), ufrag='abcd', pwd='0123456789012345678901')
    iq = bob.make_iq_set(ito=jingle.peer)
    iq.append(forged)
    with pytest.raises(IqError):
        await iq.send(timeout=10)
    heard = await call.heard(1.5)
    hears('dora', heard, {440: -12})
    assert jingle.state == 'accepted'


# -- calls out

async def test_of_two_devices_the_first_to_take_the_call_has_it(phone, user, room):
    dora = await phone('dora', display='Dora')
    mobile, tablet = await user('alice', tone='1000'), await user('alice', resource='tablet')
    call = await dora.call(uri(room), tone=620)
    roster = await watch(dora, room)
    assert (await call.say('/call alice@localhost')).status < 300
    first, second = [await asyncio.wait_for(u.incoming.get(), 20) for u in (mobile, tablet)]
    assert first.sid == second.sid and first.via_jmi
    await eventually(lambda: endpoint(roster, 'alice')[0] == 'alerting', 20, lambda: roster.look().users)
    await first.accept()
    assert await mobile.wait_connected(first), first.reason
    # The other took it, too, and is told that it was late.
    tablet.send_jmi('proceed', second.sid, second.peer)
    await asyncio.wait_for(second.ended.wait(), 20)
    assert second.reason == 'retract'
    await eventually(lambda: endpoint(roster, 'alice')[0] == 'connected', 20, lambda: roster.look().users)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, first)
    hears('dora', heard[0], {1000: -12})
    hears('alice', heard[1], {620: -12})
    # Where the room has called, it is the room that nominates; a restart is followed there, too.
    await restart(first)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, first)
    hears('dora, of who has moved,', heard[0], {1000: -12})
    hears('who has moved', heard[1], {620: -12})
    await first.terminate()
    await eventually(lambda: endpoint(roster, 'alice')[0] in ('gone', 'disconnected'), 20)


async def test_a_device_that_knows_no_proposals_is_called_all_the_same(phone, user, room):
    """Jitsi Desktop, or an old Dino: a contact of the room, found by its presence."""
    dora, alice = await phone('dora', display='Dora'), await user('alice', tone='1000', no_jmi=True)
    contact = room + '@talk.localhost'
    alice.subscribe(contact)
    await eventually(lambda: contact in alice.client_roster and alice.client_roster[contact]['subscription'] == 'both', 20,
                     'the room is no contact')
    # Whatever was said before is known to the room once it answers.
    await alice.plugin['xep_0199'].send_ping(contact + '/focus', timeout=10)
    call = await dora.call(uri(room), tone=620)
    alice.auto = 'on'
    assert (await call.say('/call alice@localhost')).status < 300
    jingle = await asyncio.wait_for(alice.incoming.get(), 20)
    assert not jingle.via_jmi
    assert await alice.wait_connected(jingle), jingle.reason
    assert any(e['ev'] == 'isfocus' or e['ev'] == 'conference-info' for e in alice.events)
    roster = by_coin(alice, jingle.sid)
    await eventually(lambda: roster.counts(2), 20, lambda: roster.look().users)
    await asyncio.sleep(0.5)
    heard = await all_heard(1.5, call, jingle)
    hears('dora', heard[0], {1000: -12})
    hears('alice', heard[1], {620: -12})


async def test_a_call_in_the_clear_is_refused_in_words(user, room):
    alice = await user('alice')
    call = Call(alice, 'in-the-clear', room + '@talk.localhost/focus', True)
    alice.calls[call.sid] = call
    offer = call.jingle('session-initiate')
    content = ET.SubElement(offer, q('jingle', 'content'), creator='initiator', name='0')
    description = ET.SubElement(content, q('rtp', 'description'), media='audio')
    ET.SubElement(description, q('rtp', 'payload-type'), id='111', name='opus', clockrate='48000', channels='2')
    ET.SubElement(description, q('rtp', 'rtcp-mux'))
    ET.SubElement(content, q('ice', 'transport'), ufrag='abcd', pwd='0123456789012345678901')
    await call.send_jingle(offer)
    await asyncio.wait_for(call.ended.wait(), 20)
    ended = next(e for e in alice.events if e['ev'] == 'ended')
    assert call.reason == 'security-error' and 'DTLS' in ended['text'], ended
