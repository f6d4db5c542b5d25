"""Group calls of clients (XEP-0272, XEP-0482): a phone in the room is in them, and nobody is heard twice."""
import asyncio
import os
import uuid

import pytest

from harness.expectations import all_heard, eventually, hears
from harness.jingle_sdp import q
from harness.muji import GroupCall, Invitations, make_room, prosody_include
from harness.server import Stack
from harness.tones import level


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    s.prosody.environment = prosody_include(os.path.join(s.directory, 'muc.cfg.lua'))
    try:
        yield await s.start()
    finally:
        await s.stop()


@pytest.fixture
def party():
    return 'party-' + uuid.uuid4().hex[:8]


async def test_a_phone_is_in_a_group_call_of_clients(phone, user, room, party):
    talk = room + '@talk.localhost'
    alice, bob = await user('alice', tone='440'), await user('bob', tone='1000')
    dora = await phone('dora', display='Dora')
    sip = await dora.call('sip:%s@127.0.0.1' % room, tone=620)

    # Alice begins a group call and invites the room.
    place = await make_room(alice, party, 'alice', 'bob@localhost', talk)
    first = GroupCall(alice, place, 'alice')
    await first.join()
    invitations = Invitations(alice)
    number = invitations.invite(talk, place)
    assert (await invitations.answer(number))[:3] == ('accept', number, place)

    # The room comes, says what it has in Alice's numbers, and calls her.
    with_alice = await first.connected(talk)
    assert with_alice.offer.find(q('muji', 'muji')).get('room') == place
    assert first.payloads(room) == {'96': 'opus', '0': 'PCMU', '8': 'PCMA'}
    assert with_alice.peer == talk + '/focus'

    # Bob comes later, and calls both.
    second = GroupCall(bob, place, 'bob')
    await second.join()
    with_bob, between = second.with_peer(talk), second.with_peer('alice@localhost')
    assert with_bob and between
    await eventually(lambda: first.with_peer('bob@localhost'), 15)

    await asyncio.sleep(1)
    heard = await all_heard(2, sip, with_alice, with_bob, between)
    hears('dora', heard[0], {440: -12, 1000: -12}, absent=[620])
    hears('alice', heard[1], {620: -12}, absent=[440, 1000])
    hears('bob', heard[2], {620: -12}, absent=[440, 1000])
    assert level(heard[3], 440) > -20

    # They are participants as others are.
    await dora.say('sip:%s@127.0.0.1' % room, '/roster')
    assert await dora.until(lambda: [m for m in dora.messages if 'alice (group call' in m.body
                                     and 'bob (group call' in m.body]), [m.body for m in dora.messages]

    # Bob leaves, and is out of the room; then the phone, and Alice goes on.
    await second.leave()
    await eventually(lambda: 'bob' not in first.there, 15)
    heard = await asyncio.gather(sip.heard(1.5))
    hears('dora', heard[0], {440: -12}, absent=[1000])

    # When Alice takes the invitation back, the room leaves the group call, and the phone stays in the room.
    invitations.send(talk, 'retract', number=number)
    await eventually(lambda: with_alice.state == 'ended' and room not in first.there, 15, lambda: with_alice.state)
    assert ('left', number) in [x[:2] for x in invitations.said]
    assert level(await sip.heard(1), 440) < -45


async def test_a_closed_room_stays_away_and_a_restart_ends_it_cleanly(stack, phone, user, room, party):
    talk = room + '@talk.localhost'
    alice, dora = await user('alice', tone='440'), await phone('dora', display='Dora')
    place = await make_room(alice, party, 'alice', talk)
    invitations = Invitations(alice)
    first = await GroupCall(alice, place, 'alice').join()

    # Dora, who was first, moderates the room, and locks it.
    sip = await dora.call('sip:%s@127.0.0.1' % room, tone=620)
    await dora.say('sip:%s@127.0.0.1' % room, '/lock')
    number = invitations.invite(talk, place)
    assert (await invitations.answer(number))[0] == 'reject'
    await dora.say('sip:%s@127.0.0.1' % room, '/unlock')
    assert (await invitations.answer(invitations.invite(talk, place)))[0] == 'accept'
    with_alice = await first.connected(talk)
    await asyncio.sleep(1)
    hears('alice', await with_alice.heard(1), {620: -12}, absent=[440])

    # Who is put out of the room is out of that call alone.
    await dora.say('sip:%s@127.0.0.1' % room, '/kick alice')
    await eventually(lambda: with_alice.state == 'ended', 15)
    assert with_alice.reason == 'gone' and room in first.there

    # While the XMPP server is away the phone's call stands, and the group call is over when it is back.
    await stack.restart_prosody()
    await eventually(lambda: 'the XMPP server was away' in stack.confab.output(), 20)
    bob = await user('bob', tone='1000')
    place = await make_room(bob, party + '2', 'bob', talk)
    second = await GroupCall(bob, place, 'bob').join()
    again = Invitations(bob)
    assert (await again.answer(again.invite(talk, place)))[0] == 'accept'
    await second.connected(talk)
    await asyncio.sleep(1)
    hears('dora', await sip.heard(1.5), {1000: -12})
