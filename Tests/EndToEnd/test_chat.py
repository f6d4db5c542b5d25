"""Text in the room: what one says, all others read once, with the sender's name; private text reaches one."""

import pytest

from harness.conference_info import by_sip
from harness.expectations import eventually, never

CPIM = 'message/cpim'


class Room:
    """Four people: dora and emil by SIP, alice by a Jingle call, carol in the MUC alone."""

    def __init__(self, name):
        self.name = name
        self.sip, self.talk, self.muc = 'sip:%s@127.0.0.1' % name, name + '@talk.localhost', name + '@rooms.localhost'

    def reads(self, who, text):
        """What that person got with this text in it."""
        if who in (self.alice, self.carol):
            return who.messages(text)
        return [m for m in who.messages if text in m.body]

    async def once(self, text, readers, silent, sender):
        """Each reader gets the text once and with the sender's name, the silent do not."""
        for r in readers:
            await eventually(lambda: self.reads(r, text), 10, lambda: '%s does not read %r' % (self.who(r), text))
        await never(lambda: any(len(self.reads(r, text)) > 1 for r in readers), 0.7, 'somebody reads it twice')
        for s in silent:
            assert not self.reads(s, text), '%s reads %r: %s' % (self.who(s), text, self.reads(s, text))
        for r in readers:
            m = self.reads(r, text)[0]
            shown = m['sender'] + ' ' + m['body'] if isinstance(m, dict) else m.get('From') + ' ' + m.body
            assert sender.lower() in shown.lower(), shown

    def who(self, person):
        return {self.dora: 'dora', self.emil: 'emil', self.alice: 'alice', self.carol: 'carol'}[person]


@pytest.fixture
async def four(phone, user, room):
    r = Room(room)
    r.dora, r.emil = await phone('dora', display='Dora'), await phone('emil', display='Emil')
    r.alice, r.carol = await user('alice'), await user('carol')
    r.dora_call, r.emil_call = await r.dora.call(r.sip), await r.emil.call(r.sip)
    r.alice_call = await r.alice.call(r.talk)
    assert r.alice_call.connected.is_set(), r.alice_call.reason
    r.carol.join(r.muc, 'Carol')
    assert await r.carol.wait_event(
        lambda e: e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ()), 10)
    return r


def name_of_alice(room):
    """As the MUC shows her."""
    nicks = {e['sender'].partition('/')[2] for e in room.carol.events
             if e['ev'] == 'presence' and e['sender'].startswith(room.muc)}
    return next(n for n in nicks if n.lower().startswith('alice'))


# -- to everyone

@pytest.mark.parametrize('inside', [False, True], ids=['outside the dialog', 'inside the dialog'])
async def test_what_a_phone_says_all_others_read(four, inside):
    text = 'hello from dora'
    response = await four.dora_call.say(text) if inside else await four.dora.say(four.sip, text)
    assert response.status in (200, 202)
    await four.once(text, [four.emil, four.alice, four.carol], [four.dora], 'Dora')


async def test_what_a_jingle_caller_writes_to_the_room_all_others_read(four):
    four.alice.say(four.talk, 'hello from alice')
    await four.once('hello from alice', [four.dora, four.emil, four.carol], [four.alice], 'alice')


async def test_what_an_occupant_says_all_others_read(four):
    sent = four.carol.say(four.muc, 'hello from carol', 'groupchat')
    await four.once('hello from carol', [four.dora, four.emil, four.alice, four.carol], [], 'Carol')
    reflected = four.carol.messages('hello from carol')[0]
    assert reflected['sender'] == four.muc + '/Carol' and reflected['type'] == 'groupchat' and reflected['id'] == sent


async def test_the_muc_shows_a_phone_as_an_occupant_who_speaks(four):
    await four.dora.say(four.sip, 'who am i')
    m = await four.carol.message('who am i')
    assert m['sender'] == four.muc + '/Dora' and m['type'] == 'groupchat' and m['body'] == 'who am i'


async def test_who_calls_and_is_in_the_muc_reads_once(four):
    four.alice.join(four.muc, name_of_alice(four))
    assert await four.alice.wait_event(
        lambda e: e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ()), 10)
    await four.dora.say(four.sip, 'only once please')
    await four.once('only once please', [four.emil, four.alice, four.carol], [four.dora], 'Dora')


async def test_cpim_to_the_room_reaches_everyone(four):
    body = ('From: Dora <%s>\r\nTo: <%s>\r\nDateTime: 2026-01-01T00:00:00Z\r\n\r\n'
            'Content-Type: text/plain; charset=utf-8\r\n\r\nwrapped for all' % (four.dora.uri, four.sip))
    assert (await four.dora.say(four.sip, body, CPIM)).status in (200, 202)
    await four.once('wrapped for all', [four.emil, four.alice, four.carol], [four.dora], 'Dora')


async def test_text_beyond_ascii_survives(four):
    text = 'Grüße, 你好, 🙂 <&> "so"'
    await four.dora.say(four.sip, text)
    await four.once(text, [four.emil, four.alice, four.carol], [four.dora], 'Dora')
    four.alice.say(four.talk, text + ' back')
    await four.once(text + ' back', [four.dora, four.emil, four.carol], [four.alice], 'alice')


async def test_a_phone_that_takes_no_messages_gets_none(four, phone):
    mute = await phone('mute', allow='INVITE, ACK, BYE, CANCEL, OPTIONS')
    await mute.call(four.sip)
    four.alice.say(four.talk, 'not for the mute')
    await four.once('not for the mute', [four.dora, four.emil, four.carol], [four.alice], 'alice')
    assert not mute.messages


async def test_other_kinds_of_bodies_are_refused(four):
    assert (await four.dora.say(four.sip, '<x/>', 'application/x-unheard-of')).status == 415


async def test_baresip_reads_and_writes(four, baresip):
    b = await baresip('berta', 440, friend=four.sip)
    await b.call(four.sip)
    four.carol.say(four.muc, 'does berta read this', 'groupchat')
    assert await b.read('does berta read this')
    await b.write('berta writes this')
    await four.once('berta writes this', [four.dora, four.emil, four.alice, four.carol], [], 'berta')


# -- to one

async def test_gr_addresses_one(four):
    assert (await four.dora.say(four.sip + ';gr=Emil', 'secret by gr')).status in (200, 202)
    await four.once('secret by gr', [four.emil], [four.dora, four.alice, four.carol], 'Dora')
    assert (await four.dora.say(four.sip + ';gr=Carol', 'secret by gr to carol')).status in (200, 202)
    await four.once('secret by gr to carol', [four.carol], [four.dora, four.emil, four.alice], 'Dora')
    assert four.carol.messages('secret by gr to carol')[0]['type'] == 'chat'


@pytest.mark.parametrize('by', ['name', 'uri'])
async def test_cpim_to_addresses_one(four, by):
    to = 'Emil <%s;gr=Emil>' % four.sip if by == 'name' else '<%s>' % four.emil.uri
    text = 'secret by cpim and ' + by
    body = 'From: <%s>\r\nTo: %s\r\n\r\nContent-Type: text/plain\r\n\r\n%s' % (four.dora.uri, to, text)
    assert (await four.dora.say(four.sip, body, CPIM)).status in (200, 202)
    await four.once(text, [four.emil], [four.dora, four.alice, four.carol], 'Dora')


@pytest.mark.parametrize('inside', [False, True], ids=['outside the dialog', 'inside the dialog'])
async def test_slash_msg_addresses_one(four, inside):
    line = '/msg %s secret by command' % name_of_alice(four)
    response = await four.dora_call.say(line) if inside else await four.dora.say(four.sip, line)
    assert response.status in (200, 202)
    await four.once('secret by command', [four.alice], [four.dora, four.emil, four.carol], 'Dora')


async def test_a_muc_private_message_reaches_a_phone(four):
    four.carol.whisper(four.muc, 'Emil', 'secret from the muc')
    await four.once('secret from the muc', [four.emil], [four.dora, four.alice], 'Carol')


async def test_a_muc_private_message_reaches_a_jingle_caller(four):
    four.carol.whisper(four.muc, name_of_alice(four), 'secret for alice')
    await four.once('secret for alice', [four.alice], [four.dora, four.emil], 'Carol')


# -- to nobody

@pytest.mark.parametrize('way', ['gr', 'cpim', 'msg'])
async def test_a_phone_learns_that_there_is_nobody_of_that_name(four, way):
    if way == 'gr':
        response = await four.dora.say(four.sip + ';gr=Nobody', 'lost words')
    elif way == 'cpim':
        body = 'From: <%s>\r\nTo: <%s;gr=Nobody>\r\n\r\nContent-Type: text/plain\r\n\r\nlost words'
        response = await four.dora.say(four.sip, body % (four.dora.uri, four.sip), CPIM)
    else:
        response = await four.dora.say(four.sip, '/msg Nobody lost words')
    assert response.status == 404, response
    await never(lambda: any(four.reads(p, 'lost words') for p in (four.emil, four.alice, four.carol)), 0.5)


async def test_an_occupant_learns_that_there_is_nobody_of_that_name(four):
    sent = four.carol.whisper(four.muc, 'Nobody', 'lost words')
    error = await four.carol.wait_event(
        lambda e: e['ev'] == 'message' and e['type'] == 'error' and e.get('id') == sent, 10)
    assert error and 'item-not-found' in error['error'], error


async def test_only_who_is_in_the_room_may_write_to_it(four, user, phone):
    bob = await user('bob')
    sent = bob.say(four.muc, 'from outside', 'groupchat')
    error = await bob.wait_event(lambda e: e['ev'] == 'message' and e['type'] == 'error' and e.get('id') == sent, 10)
    assert error and 'not-acceptable' in error['error'], error
    await never(lambda: any(four.reads(p, 'from outside') for p in (four.dora, four.emil, four.alice, four.carol)), 0.5)


async def test_who_hung_up_reads_no_more(four):
    await four.emil_call.hang_up()
    subscription = by_sip(four.dora)
    await four.dora.subscribe(four.sip)
    await eventually(lambda: subscription.counts(3), 15)
    four.carol.say(four.muc, 'emil is gone', 'groupchat')
    await four.once('emil is gone', [four.dora, four.alice, four.carol], [four.emil], 'Carol')
