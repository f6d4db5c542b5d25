"""A room is a MUC: its owner, members and outcasts, its configuration, its archive and its end."""
import asyncio
import uuid

import pytest
from slixmpp.exceptions import IqError, PresenceError

from harness import keys
from harness.expectations import eventually, never
from harness.muc import (codes, configure, features, gateway, item, join, muc, occupant_id, presences, request,
                         with_plugins)
from harness.server import Confab, Stack


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, environment={'CONFAB_ROOMS_TEXTS_PER_SECOND': '1000'})
    async with s:
        yield s


@pytest.fixture
def room():
    return 'room-%s@rooms.localhost' % uuid.uuid4().hex[:8]


@pytest.fixture
async def member(user):
    """Users with the plugins of a MUC client."""
    async def make(name, **kw):
        return with_plugins(await user(name, **kw))
    return make


def sip(room):
    return 'sip:%s@127.0.0.1' % room.split('@')[0]


def talk(room):
    return room.replace('@rooms', '@talk')


async def refused(user, room, nick, **kw):
    with pytest.raises(PresenceError) as error:
        await join(user, room, nick, **kw)
    return error.value.condition


async def ended(call):
    await asyncio.wait_for(call.ended.wait(), 20)
    return call.reason


async def test_an_owner_makes_a_room_for_members_with_a_password(member, phone, room):
    alice, bob = await member('alice'), await member('bob')
    own = await join(alice, room, 'Alice')
    assert codes(own) == ['100', '110', '170', '201']
    assert item(own).get('affiliation') == 'owner' and item(own).get('role') == 'moderator'
    dora = await keys.call(await phone('dora', display='Dora'), sip(room))
    await eventually(lambda: presences(alice, room, 'Dora'))
    await configure(alice, room, membersonly=True, passwordprotectedroom=True, roomsecret='4711', roomname='Board')
    assert {'muc_membersonly', 'muc_passwordprotected', 'urn:xmpp:mam:2', 'urn:xmpp:occupant-id:0'} <= await features(
        alice, room)
    # The phone is no member: its call ends, and there is no way back.
    await asyncio.wait_for(dora.ended.wait(), 10)
    await keys.call(await phone('emil'), sip(room), expect=403)
    assert await refused(bob, room, 'Bob', password='4711') == 'registration-required'
    assert await ended(await bob.call(talk(room), wait=False)) in ('decline', 'reject')
    await muc(alice).set_affiliation(room, 'member', jid='bob@localhost')
    assert await refused(bob, room, 'Bob') == 'not-authorized'
    assert codes(await join(bob, room, 'Bob', password='4711')) == ['100', '110', '170']
    assert await muc(bob).get_affiliation_list(room, 'owner') == ['alice@localhost']
    # A phone that is a member is let in after the PIN, which is the password.
    frank = await phone('frank', display='Frank')
    await muc(alice).set_affiliation(room, 'member', jid=gateway(frank))
    call = await keys.call(frank, sip(room))
    await never(lambda: presences(alice, room, 'Frank'), 0.5)
    await keys.press(call, '4711#')
    await eventually(lambda: presences(alice, room, 'Frank'))
    await call.hang_up()


async def test_who_is_banned_is_out_by_every_way(member, phone, room):
    alice, bob, dora = await member('alice'), await member('bob'), await phone('dora', display='Dora')
    await join(alice, room, 'Alice')
    await join(bob, room, 'Bob')
    ringing = await keys.call(dora, sip(room))
    talking = await bob.call(talk(room))
    await muc(alice).set_affiliation(room, 'outcast', jid='bob@localhost', reason='rude')
    gone = (await eventually(lambda: presences(bob, room, 'Bob', 'unavailable')))[0]
    assert codes(gone) == ['110', '301'] and item(gone).get('affiliation') == 'outcast'
    assert await ended(talking)
    assert await refused(bob, room, 'Bob') == 'forbidden'
    assert await ended(await bob.call(talk(room), wait=False)) in ('decline', 'reject')
    await muc(alice).set_affiliation(room, 'outcast', jid=gateway(dora))
    await asyncio.wait_for(ringing.ended.wait(), 10)
    await keys.call(dora, sip(room), expect=403)
    assert sorted(await muc(alice).get_affiliation_list(room, 'outcast')) == sorted(['bob@localhost', gateway(dora)])
    with pytest.raises(IqError) as error:
        await muc(alice).set_affiliation(room, 'none', jid='alice@localhost')
    assert error.value.condition == 'conflict'


async def test_an_admin_of_the_muc_moderates_by_the_keys_of_the_phone(member, phone, room):
    alice, dora, emil = await member('alice'), await phone('dora', display='Dora'), await phone('emil', display='Emil')
    await join(alice, room, 'Alice')
    call, other = await keys.call(dora, sip(room)), await keys.call(emil, sip(room))

    def is_muted():
        return [p for p in presences(alice, room, 'Emil') if 'muted' in p.findtext('{jabber:client}status')]
    await keys.press(call, '*7')
    await never(is_muted, 0.5)
    await muc(alice).set_affiliation(room, 'admin', jid=gateway(dora))
    shown = (await eventually(lambda: [p for p in presences(alice, room, 'Dora')
                                       if item(p).get('affiliation') == 'admin']))[0]
    assert item(shown).get('role') == 'moderator'
    await keys.press(call, '*7')
    await eventually(is_muted)
    await call.say('/ban Emil')
    await asyncio.wait_for(other.ended.wait(), 10)
    assert await muc(alice).get_affiliation_list(room, 'outcast') == [gateway(emil)]
    await call.hang_up()


async def test_the_archive_is_read_in_pages(member, room):
    alice, bob = await member('alice'), await member('bob')
    await join(alice, room, 'Alice')
    texts = ['text %d' % n for n in range(250)]
    for text in texts:
        alice.say(room, text, 'groupchat')
    await eventually(lambda: alice.messages('text 249'), 30)
    archive = bob.plugin['xep_0313']

    async def read(**kw):
        return [m async for m in archive.iterate(jid=room, **kw)]
    found = await read(rsm={'max': 60})
    bodies = [m['mam_result']['forwarded']['stanza']['body'] for m in found]
    assert bodies == texts
    backwards = await read(rsm={'max': 100}, reverse=True)
    assert [m['mam_result']['forwarded']['stanza']['body'] for m in backwards] == texts[::-1]
    middle = found[100]['mam_result']['forwarded']['delay']['stamp']
    later = await read(start=middle, rsm={'max': 100})
    # slixmpp asks for whole seconds.
    assert len(later) >= 150
    assert [m['mam_result']['id'] for m in later] == [m['mam_result']['id'] for m in found][-len(later):]
    answer = await archive.retrieve(jid=room, rsm={'max': 5})
    assert answer['mam_fin']['rsm']['count'] == '250' and answer['mam_fin'].xml.get('complete') is None
    with pytest.raises(IqError) as error:
        await archive.retrieve(jid=room, rsm={'after': 'nothing'})
    assert error.value.condition == 'item-not-found'
    bounds = await request(bob, room, 'get', "<metadata xmlns='urn:xmpp:mam:2'/>")
    assert bounds.find('.//{urn:xmpp:mam:2}start').get('id') == found[0]['mam_result']['id']


async def test_a_message_taken_back_leaves_a_tombstone(member, room):
    alice, bob = await member('alice'), await member('bob')
    await join(alice, room, 'Alice')
    await join(bob, room, 'Bob')
    for text in ('fine', 'spam', 'mistake'):
        bob.say(room, text, 'groupchat')
    await eventually(lambda: alice.messages('mistake'))
    ids = {x.findtext('{jabber:client}body'): x.find('{urn:xmpp:sid:0}stanza-id').get('id') for x in bob.seen
           if x.find('{urn:xmpp:sid:0}stanza-id') is not None}
    moderate = ("<moderate xmlns='urn:xmpp:message-moderate:1' id='%s'><retract xmlns='urn:xmpp:message-retract:1'/>"
                "<reason>no spam</reason></moderate>" % ids['spam'])
    with pytest.raises(IqError) as error:
        await request(bob, room, 'set', moderate)
    assert error.value.condition == 'forbidden'
    await request(alice, room, 'set', moderate)
    retract = '{urn:xmpp:message-retract:1}'
    await eventually(lambda: [x for x in bob.seen if x.find(retract + 'retract') is not None])
    m = bob.make_message(mto=room, mtype='groupchat', mbody='taken back')
    m['id'] = 'r1'
    m.xml.append(m.xml.makeelement(retract + 'retract', {'id': ids['mistake']}))
    m.send()
    await eventually(lambda: alice.messages('I retract'))
    found = [f async for f in alice.plugin['xep_0313'].iterate(jid=room, rsm={'max': 50})]
    kept = {f['mam_result']['id']: f['mam_result']['forwarded']['stanza'].xml for f in found}
    assert kept[ids['fine']].findtext('{jabber:client}body') == 'fine'
    for text, more in (('spam', 'moderated'), ('mistake', None)):
        stone = kept[ids[text]]
        assert stone.find('{jabber:client}body') is None
        retracted = stone.find(retract + 'retracted')
        assert retracted is not None and retracted.get('stamp')
        assert (retracted.find('{urn:xmpp:message-moderate:1}moderated') is not None) == bool(more)


async def test_what_a_room_is_survives_a_restart(member, phone, stack, room):
    alice, bob = await member('alice'), await member('bob')
    mine = occupant_id(await join(alice, room, 'Alice'))
    await configure(alice, room, persistentroom=True, roomdesc='For us')
    await muc(alice).set_affiliation(room, 'outcast', jid='bob@localhost')
    await muc(alice).set_affiliation(room, 'admin', jid='carol@localhost')
    alice.say(room, 'before', 'groupchat')
    await eventually(lambda: alice.messages('before'))
    await stack.kill_confab()
    assert await refused(bob, room, 'Bob') == 'forbidden'
    again = await join(alice, room, 'Alice')
    assert item(again).get('affiliation') == 'owner' and '201' not in codes(again)
    assert occupant_id(again) == mine
    assert await muc(alice).get_affiliation_list(room, 'admin') == ['carol@localhost']
    found = [f async for f in alice.plugin['xep_0313'].iterate(jid=room, rsm={'max': 50})]
    assert [f['mam_result']['forwarded']['stanza']['body'] for f in found] == ['before']
    assert 'muc_persistent' in await features(alice, room)


async def test_invitations_go_through_the_room(member, room):
    alice, carol = await member('alice'), await member('carol')
    await join(alice, room, 'Alice')
    await configure(alice, room, membersonly=True)
    assert await refused(carol, room, 'Carol') == 'registration-required'
    muc(alice).invite(room, 'carol@localhost', 'come')
    invited = await carol.wait_event(lambda e: e['ev'] == 'message' and e['sender'] == room
                                     and '{jabber:x:conference}x' in (e.get('extra') or ()), 10)
    assert invited
    muc(carol).decline(room, 'alice@localhost', 'later')
    await eventually(lambda: [x for x in alice.seen
                              if x.find('.//{http://jabber.org/protocol/muc#user}decline') is not None])
    assert codes(await join(carol, room, 'Carol')) == ['100', '110', '170']


async def test_a_destroyed_room_is_gone_for_all(member, phone, room):
    alice, bob, dora = await member('alice'), await member('bob'), await phone('dora')
    await join(alice, room, 'Alice')
    await join(bob, room, 'Bob')
    await configure(alice, room, persistentroom=True)
    bob.say(room, 'soon forgotten', 'groupchat')
    call = await keys.call(dora, sip(room))
    with pytest.raises(IqError) as error:
        await muc(bob).destroy(room)
    assert error.value.condition == 'forbidden'
    await muc(alice).destroy(room, 'over', 'demo@rooms.localhost')
    gone = (await eventually(lambda: presences(bob, room, 'Bob', 'unavailable')))[0]
    destroyed = gone.find('.//{http://jabber.org/protocol/muc#user}destroy')
    assert destroyed.get('jid') == 'demo@rooms.localhost'
    await asyncio.wait_for(call.ended.wait(), 20)
    own = await join(bob, room, 'Bob')
    assert '201' in codes(own) and item(own).get('affiliation') == 'owner'
    assert not [f async for f in bob.plugin['xep_0313'].iterate(jid=room, rsm={'max': 50})]
