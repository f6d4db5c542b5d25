"""Corrections, replies, reactions, retractions, files, markers, encryption: unharmed among XMPP clients, in words to phones."""
import pytest

from harness import carried as c
from harness.carried import element
from harness.conference_info import by_sip
from harness.expectations import eventually, never


async def enter(client, muc, nick, history=None):
    reader = c.Reader(client)
    client.join(muc, nick, history)
    assert await client.wait_event(
        lambda e: e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ()), 10)
    return reader


@pytest.fixture
async def people(user, phone, room):
    """Alice and Bob in the MUC, Emil on a phone."""
    muc = room + '@rooms.localhost'
    alice, bob = await user('alice'), await user('bob')
    first, second = await enter(alice, muc, 'Alice'), await enter(bob, muc, 'Bob')
    emil = await phone('emil', display='Emil')
    await emil.call('sip:%s@127.0.0.1' % room)
    return muc, first, second, emil


async def got(reader, wanted):
    return await eventually(lambda: reader.by_id(wanted), 10, 'it does not come')


async def shown(phone, text):
    await eventually(lambda: any(m.body == text for m in phone.messages), 10,
                     lambda: '%r is not among %r' % (text, [m.body for m in phone.messages]))


async def test_corrections_replies_reactions_and_retractions(people, user):
    muc, alice, bob, emil = people
    first = alice.send(muc, 'We shuld bake a cake')
    said = await got(bob, first)
    await shown(emil, 'Alice: We shuld bake a cake')

    correction = element(c.CORRECTION, 'replace', id=first)
    second = alice.send(muc, 'We should bake a cake', correction)
    corrected = await got(bob, second)
    assert c.body(corrected) == 'We should bake a cake' and c.carries(corrected, correction)
    await shown(emil, 'Alice: * We should bake a cake')

    reactions = element(c.REACTIONS, 'reactions', None, element(c.REACTIONS, 'reaction', '👍'), id=c.stanza_id(said))
    reacted = await got(alice, bob.send(muc, None, reactions))
    assert c.body(reacted) is None and c.carries(reacted, reactions)
    await shown(emil, 'Bob reacted with 👍 to: We shuld bake a cake')

    reply = element(c.REPLY, 'reply', to=muc + '/Alice', id=c.stanza_id(said))
    quote = '> Alice wrote:\n> We shuld bake a cake\n'
    fallback = element(c.FALLBACK, 'fallback', None, element(
        c.FALLBACK, 'body', start='0', end=str(len(quote))), for_=c.REPLY)
    replied = await got(alice, bob.send(muc, quote + 'Great idea!', reply, fallback))
    assert c.body(replied) == quote + 'Great idea!' and c.carries(replied, reply) and c.carries(replied, fallback)
    await shown(emil, 'Bob: > Alice: We shuld bake a cake\nGreat idea!')

    retract = element(c.RETRACTION, 'retract', id=c.stanza_id(corrected))
    retracted = await got(bob, alice.send(muc, 'I retract it.', retract))
    assert c.carries(retracted, retract)
    await shown(emil, 'Alice retracted: * We should bake a cake')

    # Who comes later reads it as it was said.
    carol = await enter(await user('carol'), muc, 'Carol')
    late = await got(carol, replied.get('id'))
    assert late.find('{%s}delay' % c.DELAY) is not None and c.carries(late, reply) and c.stanza_id(late)
    assert c.carries(await got(carol, reacted.get('id')), reactions)


async def test_files_markers_and_what_nobody_knows_yet(people):
    muc, alice, bob, emil = people
    url = 'https://files.example.org/cat.jpg'
    file = element(c.FILE, 'x', None, element(c.FILE, 'url', url))
    new = element('urn:example:new', 'x', None, element('urn:example:other', 'y', '<&>'), a="1 & '2'")
    markable = element(c.MARKERS, 'markable')
    first = await got(bob, alice.send(muc, url, file, new, markable, element(c.STATES, 'active')))
    for e in (file, new, markable):
        assert c.carries(first, e)
    await shown(emil, 'Alice: ' + url)
    displayed = element(c.MARKERS, 'displayed', id=c.stanza_id(first))
    marked = await got(alice, bob.send(muc, None, displayed))
    assert c.carries(marked, displayed) and marked.get('from') == muc + '/Bob'
    # Forged words of the room and of servers are not passed on.
    forged = [element(c.DELAY, 'delay', stamp='2001-01-01T00:00:00Z'),
              element(c.STANZA_IDS, 'stanza-id', id='forged', by=muc),
              element(c.MUC_USER, 'x', None, element(c.MUC_USER, 'status', code='332'))]
    plain = await got(bob, alice.send(muc, 'hello', *forged))
    assert not any(c.carries(plain, e) for e in forged) and len(plain.findall('{%s}stanza-id' % c.STANZA_IDS)) == 1
    await shown(emil, 'Alice: hello')
    assert len(emil.messages) == 2


async def test_private_messages_keep_ids_and_receipts(people):
    muc, alice, bob, emil = people
    request = element(c.RECEIPTS, 'request')
    first = alice.send(muc + '/Bob', 'frist', request, kind='chat')
    await got(bob, first)
    correction = element(c.CORRECTION, 'replace', id=first)
    assert c.carries(await got(bob, alice.send(muc + '/Bob', 'first', correction, kind='chat')), correction)
    bob.send(muc + '/Alice', None, element(c.RECEIPTS, 'received', id=first), kind='chat')
    await eventually(lambda: any(
        e.get('id') == first for s in alice.stanzas for e in s.findall('{%s}received' % c.RECEIPTS)))
    reactions = element(c.REACTIONS, 'reactions', None, element(c.REACTIONS, 'reaction', '🎉'), id=first)
    assert c.carries(await got(alice, bob.send(muc + '/Alice', None, reactions, kind='chat')), reactions)
    # To a phone in words, and only to the one it is for.
    told = element(c.CORRECTION, 'replace', id='whatever')
    alice.send(muc + '/Emil', 'just you', told, kind='chat')
    await shown(emil, 'Alice (private): * just you')
    assert len(emil.messages) == 1


async def test_encrypted_messages_reach_no_phone_and_their_sender_is_told_once(people):
    muc, alice, bob, emil = people
    words = 'I sent you an OMEMO encrypted message but your client does not seem to support that.'
    encrypted = element(c.OMEMO, 'encrypted', None, element(c.OMEMO, 'payload', 'AAAA'))
    hint = element(c.ENCRYPTION, 'encryption', namespace=c.OMEMO, name='OMEMO')
    for _ in range(2):
        stanza = await got(bob, alice.send(muc, words, encrypted, hint))
        assert c.carries(stanza, encrypted) and c.carries(stanza, hint) and c.body(stanza) == words
    told = [s for s in alice.find(from_=muc) if 'encrypted end to end' in (c.body(s) or '')]
    assert len(told) == 1 and not [s for s in bob.find(from_=muc) if 'encrypted' in (c.body(s) or '')]
    refused = alice.send(muc + '/Emil', words, encrypted, kind='chat')
    assert await alice.client.wait_event(lambda e: e['ev'] == 'message' and e.get('id') == refused and e.get('error'), 10)
    alice.send(muc, 'in the clear')
    await shown(emil, 'Alice: in the clear')
    assert len(emil.messages) == 1, [m.body for m in emil.messages]


async def test_who_is_in_the_muc_and_in_the_call_is_one_and_reads_it_once(people, user, room):
    muc, alice, bob, emil = people
    call = await alice.client.call(room + '@talk.localhost')
    assert (await emil.subscribe('sip:%s@127.0.0.1' % room)).status == 200
    watcher = by_sip(emil)
    await eventually(lambda: sorted(watcher.look().names()) == ['Alice', 'Bob', 'Emil'])
    user_ = next(u for u in watcher.look().users.values() if u['name'] == 'Alice')
    assert len(user_['endpoints']) == 2
    bob.send(muc, 'once')
    await eventually(lambda: [s for s in alice.stanzas if 'once' in (c.body(s) or '')])
    await never(lambda: len([s for s in alice.stanzas if 'once' in (c.body(s) or '')]) > 1, 0.5)
    # Written to the room as a contact, it is read by all, and says what it corrects.
    first = alice.send(room + '@talk.localhost', 'from teh call', kind='chat')
    said = await got(bob, first)
    assert said.get('type') == 'groupchat' and said.get('from') == muc + '/Alice'
    correction = element(c.CORRECTION, 'replace', id=first)
    assert c.carries(await got(bob, alice.send(room + '@talk.localhost', 'from the call', correction, kind='chat')),
                     correction)
    await shown(emil, 'Alice: * from the call')
    await call.terminate()


async def test_typing_reaches_clients_and_phones(user, phone, room):
    muc = room + '@rooms.localhost'
    alice, bob = await enter(await user('alice'), muc, 'Alice'), await enter(await user('bob'), muc, 'Bob')
    emil = await phone('emil', display='Emil', accept='application/sdp, text/plain, application/im-iscomposing+xml')
    await emil.call('sip:%s@127.0.0.1' % room)
    alice.send(muc, None, element(c.STATES, 'composing'))
    await eventually(lambda: any(s.find('{%s}composing' % c.STATES) is not None for s in bob.stanzas))
    await eventually(lambda: any('isComposing' in m.body for m in emil.messages))
