"""A room as a contact: its presence tells how many talk in it, and it has a card and a picture."""
import base64
import hashlib
import xml.etree.ElementTree as ET

from harness.expectations import eventually


def told(user, room):
    """What the room's presence said, one after the other."""
    return [e.get('status') for e in user.events if e['ev'] == 'presence' and e['type'] == 'available'
            and e['sender'].startswith(room + '@talk.localhost/')]


async def test_a_room_tells_its_contacts_how_many_talk(user, phone, room):
    alice, bob = await user('alice'), await user('bob')
    alice.subscribe(room + '@talk.localhost')
    assert await alice.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'subscribed', 10)
    await eventually(lambda: set(told(alice, room)) == {None}, 10)
    before = len(told(alice, room))
    bob.join(room + '@rooms.localhost', 'Bob')
    calls = [await (await phone(name)).call('sip:%s@127.0.0.1' % room) for name in ('dora', 'emil', 'finn')]
    await eventually(lambda: told(alice, room)[-1] == '3 in the call', 20, lambda: told(alice, room))
    again = await user('alice', 'again')
    await eventually(lambda: set(told(again, room)) == {'3 in the call'}, 10, lambda: told(again, room))
    for call in calls:
        await call.hang_up()
    await eventually(lambda: told(alice, room)[-1] is None, 20, lambda: told(alice, room))
    await eventually(lambda: told(again, room)[-1] is None, 10)
    # Three came and three went within few seconds: not each is told.
    assert len(told(alice, room)) - before <= 5, told(alice, room)


async def ask(user, jid, payload):
    iq = user.make_iq_get(ito=jid)
    iq.append(payload)
    return (await iq.send(timeout=10)).xml


def items(node):
    query = ET.Element('{http://jabber.org/protocol/pubsub}pubsub')
    ET.SubElement(query, '{http://jabber.org/protocol/pubsub}items', node=node)
    return query


async def test_a_room_has_a_card_and_a_picture(user):
    alice = await user('alice')
    seen = []
    alice.add_filter('in', lambda s: seen.append(s.xml) or s if hasattr(s, 'xml') else s)
    alice.subscribe('demo@talk.localhost')
    update = '{vcard-temp:x:update}x/{vcard-temp:x:update}photo'
    found = await eventually(lambda: [x for x in seen if x.get('from', '').startswith('demo@talk.localhost/')
                                      and x.find(update) is not None], 10)
    card = await ask(alice, 'demo@talk.localhost', ET.Element('{vcard-temp}vCard'))
    picture = base64.b64decode(card.find('.//{vcard-temp}BINVAL').text)
    assert picture.startswith(b'\x89PNG') and card.find('.//{vcard-temp}FN').text == 'demo'
    assert hashlib.sha1(picture).hexdigest() == found[0].find(update).text
    for jid in ('demo@rooms.localhost', 'talk.localhost', '100@sip.localhost'):
        assert (await ask(alice, jid, ET.Element('{vcard-temp}vCard'))).find('.//{vcard-temp}FN') is not None
    info = (await ask(alice, 'demo@talk.localhost', items('urn:xmpp:avatar:metadata'))).find(
        './/{urn:xmpp:avatar:metadata}info')
    assert info.get('id') == found[0].find(update).text and info.get('type') == 'image/png'
    data = (await ask(alice, 'demo@talk.localhost', items('urn:xmpp:avatar:data'))).find('.//{urn:xmpp:avatar:data}data')
    assert base64.b64decode(data.text) == picture


async def test_a_room_says_what_it_is_and_what_time(user):
    alice = await user('alice')
    version = await ask(alice, 'demo@talk.localhost/focus', ET.Element('{jabber:iq:version}query'))
    assert version.find('.//{jabber:iq:version}name').text == 'Confab'
    time = await ask(alice, 'talk.localhost', ET.Element('{urn:xmpp:time}time'))
    assert time.find('.//{urn:xmpp:time}utc').text.endswith('Z')
    assert (await ask(alice, 'demo@talk.localhost', ET.Element('{urn:xmpp:ping}ping'))).get('type') == 'result'
