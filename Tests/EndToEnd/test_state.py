"""Who is there: NOTIFY, COIN and MUC presence say the same."""
import asyncio
import base64
import hashlib
import xml.etree.ElementTree as ET

import pytest

from harness.conference_info import by_coin, by_sip
from harness.expectations import eventually, never
from harness.sip_message import address

FEATURES = {'http://jabber.org/protocol/caps', 'http://jabber.org/protocol/disco#info', 'urn:xmpp:jingle:1',
            'urn:xmpp:jingle-message:0', 'urn:xmpp:jingle:apps:rtp:1', 'urn:xmpp:jingle:apps:rtp:audio',
            'urn:xmpp:jingle:apps:dtls:0', 'urn:xmpp:jingle:transports:ice-udp:1'}


def joined(user, muc, nick=None):
    return [e for e in user.events if e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ())
            and e['sender'].startswith(muc + '/' + (nick or ''))]


def occupants(user, muc):
    here = {}
    for e in user.events:
        if e['ev'] == 'presence' and e['sender'].startswith(muc + '/'):
            here[e['sender'].partition('/')[2]] = e['type'] == 'available'
    return sorted(n for n, available in here.items() if available)


# -- documents

async def test_notify_and_coin_name_all_three_then_two(phone, baresip, user, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, watcher = await phone('dora', display='Dora'), await phone('watcher')
    berta = await baresip('berta', 440)
    alice = await user('alice')
    call = await dora.call(uri, tone=500)
    assert (await dora.subscribe(uri, call=call)).status in (200, 202)
    assert (await watcher.subscribe(uri)).status in (200, 202)
    await berta.call(uri)
    jingle = await alice.call(room + '@talk.localhost')
    assert jingle.connected.is_set(), jingle.reason

    lists = [by_sip(dora), by_sip(watcher), by_coin(alice, jingle.sid)]
    for l in lists:
        await eventually(lambda: l.counts(3), 20, lambda: l.look().users)
        assert sorted(n.lower() for n in l.look().names()) == ['alice', 'berta', 'dora']

    await berta.hang_up()
    for l in lists:
        await eventually(lambda: l.counts(2), 20, lambda: l.look().users)
        assert sorted(n.lower() for n in l.look().names()) == ['alice', 'dora']
    assert any(l.roster.documents > 1 for l in lists)

    await call.hang_up()
    await eventually(lambda: lists[1].counts(1) and lists[2].counts(1), 20)


async def test_documents_tell_sources_and_status(phone, user, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, watcher = await phone('dora'), await phone('watcher')
    call = await dora.call(uri, tone=500)
    await watcher.subscribe(uri)
    state = by_sip(watcher)

    def dora_seen():
        users = [u for u in state.look().users.values() if u['name'].lower() == 'dora']
        return list(users[0]['endpoints'].values())[0] if users else {}
    await eventually(lambda: dora_seen().get('source') == call.rtp.ssrc, 20, lambda: state.roster.users)
    assert dora_seen()['status'] == 'connected' and dora_seen()['media'] == 'sendrecv'
    assert await call.offer('inactive') == 'inactive'
    await eventually(lambda: dora_seen()['status'] == 'on-hold' or dora_seen()['media'] == 'inactive', 20,
                     lambda: state.roster.users)
    assert await call.offer('sendrecv') == 'sendrecv'
    await eventually(lambda: dora_seen()['status'] == 'connected' and dora_seen()['media'] == 'sendrecv', 20)


async def test_a_document_is_about_the_focus(phone, room):
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    await dora.subscribe('', call=call)
    await dora.until(lambda: [m for m in dora.notifies if m.body])
    notify = [m for m in dora.notifies if m.body][0]
    assert notify.get('Content-Type').startswith('application/conference-info+xml')
    assert notify.get('Event') == 'conference'
    assert notify.get('Subscription-State').startswith('active')
    assert by_sip(dora).look().entity == address(call.response.get('Contact')).split(';')[0]


async def test_a_fetch_gives_one_document(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, watcher = await phone('dora'), await phone('watcher')
    await dora.call(uri)
    assert (await watcher.subscribe(uri, expires=0)).status in (200, 202)
    assert await watcher.until(lambda: [m for m in watcher.notifies if m.body])
    assert watcher.notifies[-1].get('Subscription-State').startswith('terminated')
    await (await phone('emil')).call(uri)
    await never(lambda: len(watcher.notifies) > 1)


async def test_an_ended_subscription_is_told_no_more(phone, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora = await phone('dora')
    call = await dora.call(uri)
    await dora.subscribe(uri, call=call)
    assert await dora.until(lambda: [m for m in dora.notifies if m.body])
    assert (await dora.subscribe(uri, expires=0, call=call)).status in (200, 202)
    assert await dora.until(lambda: dora.notifies[-1].get('Subscription-State').startswith('terminated'))
    seen = len(dora.notifies)
    await (await phone('emil')).call(uri)
    await never(lambda: len(dora.notifies) > seen)


async def test_an_unknown_event_package_is_refused(phone, room):
    dora = await phone('dora')
    response = await dora.ask('SUBSCRIBE', 'sip:demo@127.0.0.1', [('Event', 'weather'), ('Expires', '60')])
    assert response.status == 489 and 'conference' in response.get('Allow-Events')


# -- MUC

async def test_a_watcher_that_reads_other_documents_alone_is_refused(phone, room):
    host = await phone('host')
    await host.call('sip:%s@127.0.0.1' % room)
    watcher = await phone('watcher')
    answer = await watcher.transact(watcher.request('SUBSCRIBE', 'sip:%s@127.0.0.1' % room, [
        ('Event', 'conference'), ('Expires', '600'), ('Accept', 'application/pidf+xml')]))
    assert answer.status == 406 and not watcher.notifies


async def test_the_muc_shows_everyone_and_who_comes_and_goes(phone, user, room):
    muc = room + '@rooms.localhost'
    dora, emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    await dora.call('sip:%s@127.0.0.1' % room)
    carol, alice = await user('carol'), await user('alice')
    carol.join(muc, 'Carol')
    await eventually(lambda: joined(carol, muc))
    own = carol.events.index(joined(carol, muc)[0])
    before = [e['sender'] for e in carol.events[:own] if e['ev'] == 'presence']
    assert muc + '/Dora' in before, 'own presence comes last'
    call = await emil.call('sip:%s@127.0.0.1' % room)
    jingle = await alice.call(room + '@talk.localhost')
    assert jingle.connected.is_set()
    await eventually(lambda: len(occupants(carol, muc)) == 4, 10, lambda: occupants(carol, muc))
    assert sorted(n.lower() for n in occupants(carol, muc)) == ['alice', 'carol', 'dora', 'emil']
    await call.hang_up()
    await jingle.terminate()
    await eventually(lambda: occupants(carol, muc) == ['Carol', 'Dora'], 10, lambda: occupants(carol, muc))
    carol.leave(muc, 'Carol')
    await eventually(lambda: occupants(carol, muc) == ['Dora'], 10)


async def test_a_nick_in_use_is_refused(phone, user, room):
    muc = room + '@rooms.localhost'
    dora = await phone('dora', display='Dora')
    await dora.call('sip:%s@127.0.0.1' % room)
    carol = await user('carol')
    carol.join(muc, 'Dora')
    error = await carol.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'error', 10)
    assert error and 'conflict' in error['error'], error


async def test_history_greets_who_joins(phone, user, room):
    muc = room + '@rooms.localhost'
    dora = await phone('dora', display='Dora')
    await dora.call('sip:%s@127.0.0.1' % room)
    carol = await user('carol')
    carol.join(muc, 'Carol')
    await eventually(lambda: joined(carol, muc))
    await dora.say('sip:%s@127.0.0.1' % room, 'said by dora before')
    carol.say(muc, 'said by carol before', 'groupchat')
    assert await carol.message('said by carol before')
    alice = await user('alice')
    alice.join(muc, 'Alice')
    for text, nick in (('said by dora before', 'Dora'), ('said by carol before', 'Carol')):
        m = await alice.message(text)
        assert m and m['sender'] == '%s/%s' % (muc, nick) and m['delay'] and m['type'] == 'groupchat', m
    bob = await user('bob')
    bob.join(muc, 'Bob', history=0)
    await eventually(lambda: joined(bob, muc))
    carol.say(muc, 'after bob', 'groupchat')
    assert await bob.message('after bob')
    assert not bob.messages('before')


async def test_private_text_is_no_history(user, room):
    muc = room + '@rooms.localhost'
    carol, bob = await user('carol'), await user('bob')
    carol.join(muc, 'Carol')
    bob.join(muc, 'Bob')
    await eventually(lambda: joined(carol, muc) and joined(bob, muc))
    carol.whisper(muc, 'Bob', 'between us')
    assert await bob.message('between us')
    alice = await user('alice')
    alice.join(muc, 'Alice')
    await eventually(lambda: joined(alice, muc))
    carol.say(muc, 'for all', 'groupchat')
    assert await alice.message('for all')
    assert not alice.messages('between us')


# -- presence, disco, caps

async def test_a_room_answers_a_subscription_and_asks_back(user):
    alice = await user('alice')
    alice.subscribe('demo@talk.localhost')
    for kind in ('subscribed', 'subscribe'):
        assert await alice.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == kind
                                      and e['sender'] == 'demo@talk.localhost', 10), kind
    there = await alice.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'available' and e.get('caps')
                                   and e['sender'].startswith('demo@talk.localhost/'), 10)
    assert there, 'no presence with caps from a full JID'

    info = (await alice.plugin['xep_0030'].get_info(jid=there['sender'], timeout=8))['disco_info']
    assert FEATURES <= set(info['features']), FEATURES - set(info['features'])
    assert {'urn:xmpp:coin:1', 'urn:xmpp:coin'} <= set(info['features'])
    identities = {i[:2] for i in info['identities']}
    assert ('client', 'phone') in identities and not any(c == 'conference' for c, _ in identities)

    call = await alice.call('demo@talk.localhost')
    assert call.connected.is_set(), call.reason
    assert str(call.peer) == there['sender'], 'who proceeds must be who showed presence'


async def test_caps_are_the_hash_of_what_disco_says(user):
    alice = await user('alice')
    seen = []
    alice.add_filter('in', lambda s: seen.append(s) or s)
    alice.subscribe('demo@talk.localhost')
    ns = '{http://jabber.org/protocol/caps}c'

    def caps():
        found = [s for s in seen if getattr(s, 'name', '') == 'presence' and s.xml.find(ns) is not None
                 and s['from'].bare == 'demo@talk.localhost']
        return found[0] if found else None
    presence = await eventually(caps, 10)
    c = presence.xml.find(ns)
    assert c.get('hash') == 'sha-1'
    iq = alice.make_iq_get(ito=presence['from'])
    iq.append(ET.Element('{http://jabber.org/protocol/disco#info}query', node='%s#%s' % (c.get('node'), c.get('ver'))))
    query = (await iq.send(timeout=8)).xml[0]
    d = '{http://jabber.org/protocol/disco#info}'
    language = '{http://www.w3.org/XML/1998/namespace}lang'
    identities = sorted((i.get('category'), i.get('type'), i.get(language, ''), i.get('name', ''))
                        for i in query.iterfind(d + 'identity'))
    features = sorted(f.get('var') for f in query.iterfind(d + 'feature'))
    text = ''.join('/'.join(i) + '<' for i in identities) + ''.join(f + '<' for f in features)
    assert query.find('{jabber:x:data}x') is None, 'forms would have to be hashed too'
    assert c.get('ver') == base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


async def test_presence_probes_are_answered(user):
    alice = await user('alice')
    alice.subscribe('demo@talk.localhost')
    assert await alice.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'available'
                                  and e['sender'].startswith('demo@talk.localhost/'), 10)
    again = await user('alice', 'again')
    assert await again.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'available' and e.get('caps')
                                  and e['sender'].startswith('demo@talk.localhost/'), 10), 'a new client sees no room'


async def test_the_components_are_found(user):
    alice = await user('alice')
    disco = alice.plugin['xep_0030']
    items = {str(i[0]) for i in (await disco.get_items(jid='localhost', timeout=8))['disco_items']['items']}
    assert {'talk.localhost', 'rooms.localhost', 'sip.localhost'} <= items
    talk = (await disco.get_info(jid='talk.localhost', timeout=8))['disco_info']
    assert not any(i[0] == 'conference' for i in talk['identities'])
    rooms = (await disco.get_info(jid='rooms.localhost', timeout=8))['disco_info']
    assert ('conference', 'text') in {i[:2] for i in rooms['identities']}
    assert 'http://jabber.org/protocol/muc' in rooms['features']
    listed = {str(i[0]) for i in (await disco.get_items(jid='rooms.localhost', timeout=8))['disco_items']['items']}
    assert 'demo@rooms.localhost' in listed


@pytest.mark.parametrize('jid', ['demo@talk.localhost', 'demo@rooms.localhost', 'talk.localhost', 'rooms.localhost',
                                 'sip.localhost'])
async def test_every_request_gets_an_answer(user, jid):
    alice = await user('alice')
    iq = alice.make_iq_get(ito=jid)
    iq.append(ET.Element('{urn:example:unheard-of}query'))
    answer = asyncio.get_running_loop().create_future()
    iq.send(callback=lambda r: answer.done() or answer.set_result(r), timeout=8)
    reply = await asyncio.wait_for(answer, 10)
    assert reply['type'] == 'error'
    assert reply['error']['condition'] in ('service-unavailable', 'feature-not-implemented', 'item-not-found')
