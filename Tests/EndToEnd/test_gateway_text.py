"""Text and presence across the gateway, between one and one: SIP MESSAGE and chat, in a call and outside of any."""
import os
import uuid
import xml.etree.ElementTree as ET

import pytest

from harness.digest import register
from harness.expectations import eventually, never
from harness.server import TOP, Confab, Stack
from harness.sip_message import address, parameter

ACCOUNTS = '''
accounts:
  users:
    dora: wonderland
'''
NUMBER, CPIM, COMPOSING = '100@sip.localhost', 'message/cpim', 'application/im-iscomposing+xml'
STATES, RECEIPTS = '{http://jabber.org/protocol/chatstates}', '{urn:xmpp:receipts}'
ALICE = 'sip:alice@localhost'


@pytest.fixture(scope='module')
async def stack(request):
    """The demo's settings, and an account."""
    s = Stack(request.module.__name__)
    with open(os.path.join(TOP, 'config/demo.yaml')) as f:
        demo = f.read()
    config = os.path.join(s.directory, 'accounts.yaml')
    with open(config, 'w') as f:
        f.write(demo + ACCOUNTS)
    s.confab = Confab(s.directory, {'CONFAB_GATEWAY_ROUTES': '100 127.0.0.1:5080,101 127.0.0.1:5085,102 127.0.0.1:5090,'
                                    '103 127.0.0.1:5095,104 127.0.0.1:5096',
                                    'CONFAB_GATEWAY_CALLERS': 'everyone'}, config=config)
    async with s:
        yield s


def chat(user, to, body=None, *children, kind='chat', **more):
    """A message of alice's. -> its id"""
    m = user.make_message(mto=to, mtype=kind, mbody=body)
    m['id'] = uuid.uuid4().hex
    for name, value in more.items():
        m[name] = value
    for child in children:
        m.append(child)
    m.send()
    return m['id']


def request():
    return ET.Element(RECEIPTS + 'request')


def wrapped(body, kind='text/plain', wanted='positive-delivery', message_id=None):
    return '\r\n'.join(['From: <sip:100@127.0.0.1:5080>', 'To: <%s>' % ALICE, 'NS: imdn <urn:ietf:params:imdn>',
                        'imdn.Message-ID: ' + (message_id or uuid.uuid4().hex),
                        'imdn.Disposition-Notification: ' + wanted, '', 'Content-Type: ' + kind, '', body])


def disposition(message_id):
    return ('<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>%s</message-id><datetime>2026-01-02T03:04:06Z'
            '</datetime><delivery-notification><status><delivered/></status></delivery-notification></imdn>'
            % message_id)


def typing(state):
    return ('<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>%s</state><refresh>90</refresh>'
            '</isComposing>' % state)


def told(user, name, **where):
    """What a user got that carries that element."""
    return [e for e in user.events if e['ev'] == 'message' and name in (e.get('extra') or ())
            and all(e.get(k) == v for k, v in where.items())]


def failures(user, message_id):
    return [e for e in user.events if e['ev'] == 'message' and e['type'] == 'error' and e.get('id') == message_id]


def of_kind(phone, kind):
    return [m for m in phone.messages if (m.get('Content-Type') or '').startswith(kind)]


def line(body, name):
    return next(l.partition(':')[2].strip() for l in body.split('\r\n') if l.lower().startswith(name.lower() + ':'))


class Refusing:
    """A phone that answers MESSAGE with something of its own."""

    @staticmethod
    def make(phone, status, reason, headers=()):
        def refuse(m, reply):
            phone.messages.append(m)
            phone.respond(m, reply, status, reason, headers)
        phone._message = refuse


async def test_text_both_ways_outside_of_any_call(phone, user):
    alice, hundred = await user('alice'), await phone('100', port=5080, display='Harry')
    chat(alice, NUMBER, 'grüß dich', subject='Tea', thread='thread-of-tea')
    got = (await hundred.until(lambda: hundred.messages))[0]
    assert got.body == 'grüß dich' and got.get('Subject') == 'Tea' and got.get('Call-ID') == 'thread-of-tea'
    assert ALICE in got.get('From') and got.get('To').startswith('<sip:100@127.0.0.1:5080>')

    response = await hundred.say(ALICE, 'dich auch', headers=[('Subject', 'Tea'), ('Content-Language', 'de')])
    assert response.status == 202, response
    back = await alice.message('dich auch')
    assert back['sender'].startswith(NUMBER) and back['type'] == 'chat' and back['subject'] == 'Tea'


async def test_typing_and_receipts_both_ways(phone, user):
    alice, hundred = await user('alice'), await phone('100', port=5080)
    assert (await hundred.say(ALICE, typing('active'), COMPOSING)).status == 200
    await eventually(lambda: told(alice, STATES + 'composing'), 5)
    mine = uuid.uuid4().hex
    assert (await hundred.say(ALICE, wrapped('are you there?', message_id=mine), CPIM)).status == 202
    asked = await alice.message('are you there?')
    assert RECEIPTS + 'request' in asked['extra']
    chat(alice, asked['sender'], None, ET.Element(RECEIPTS + 'received', id=asked['id']))
    report = (await hundred.until(lambda: of_kind(hundred, CPIM)))[0]
    assert 'message/imdn+xml' in report.body and mine in report.body and '<delivered' in report.body

    hundred.messages.clear()
    chat(alice, NUMBER, None, ET.Element(STATES + 'composing'))
    assert 'active' in (await hundred.until(lambda: of_kind(hundred, COMPOSING)))[0].body
    sent = chat(alice, NUMBER, 'I am', request())
    text = (await hundred.until(lambda: of_kind(hundred, CPIM)))[0]
    assert text.body.endswith('I am') and 'positive-delivery' in line(text.body, 'imdn.Disposition-Notification')
    # What went through is no receipt yet; what the phone says is.
    await never(lambda: told(alice, RECEIPTS + 'received'), 0.5)
    await hundred.say(ALICE, wrapped(disposition(line(text.body, 'imdn.Message-ID')), 'message/imdn+xml', ''), CPIM)
    await eventually(lambda: told(alice, RECEIPTS + 'received'), 5)
    assert not failures(alice, sent)


async def test_text_in_a_call_goes_in_its_dialog(phone, user):
    alice, hundred = await user('alice'), await phone('100', port=5080)
    call = await alice.call(NUMBER, wait=False)
    leg = await hundred.incoming.get()
    leg.answer(tone=620)
    assert await alice.wait_connected(call), call.reason
    sent = chat(alice, NUMBER, 'can you hear me?', request())
    got = (await hundred.until(lambda: hundred.messages))[0]
    assert got.body == 'can you hear me?' and parameter(got.get('To'), 'tag') == leg.tag
    # The phone itself has it.
    await eventually(lambda: told(alice, RECEIPTS + 'received'), 5)
    assert not failures(alice, sent)
    assert (await leg.say('loud and clear')).status == 202
    assert (await alice.message('loud and clear'))['sender'].startswith(NUMBER)
    # Outside of its dialog, from the same place, under whatever name.
    assert (await hundred.say(ALICE, 'and clear', headers=[
        ('From', '<sip:somebody@example.net>;tag=1')])).status == 202
    assert (await alice.message('and clear'))['sender'].startswith(NUMBER)
    await call.terminate()


@pytest.mark.parametrize('status, condition', [
    (404, 'item-not-found'), (403, 'forbidden'), (480, 'recipient-unavailable'), (405, 'feature-not-implemented')])
async def test_what_the_phone_refuses_comes_back(phone, user, status, condition):
    alice, hundred = await user('alice'), await phone('100', port=5080)
    Refusing.make(hundred, status, 'No')
    sent = chat(alice, NUMBER, 'hello?', request())
    failure = (await eventually(lambda: failures(alice, sent), 5))[0]
    assert condition in failure['error'] and failure['sender'].startswith(NUMBER)
    assert not told(alice, RECEIPTS + 'received')


async def test_nobody_there_is_said_to_either_side(phone, user):
    alice, hundred = await user('alice'), await phone('100', port=5080)
    sent = chat(alice, '999@sip.localhost', 'hello?')
    assert 'forbidden' in (await eventually(lambda: failures(alice, sent), 5))[0]['error']
    # Prosody says at once that there is nobody.
    assert (await hundred.say('sip:nobody@localhost', 'hello?')).status in (403, 404)
    assert (await hundred.say('sip:alice%40elsewhere.example@sip.localhost', 'hello?')).status == 403
    # No phone of the account is there.
    sent = chat(alice, 'dora@sip.localhost', 'hello?')
    assert 'recipient-unavailable' in (await eventually(lambda: failures(alice, sent), 5))[0]['error']


async def test_a_long_text_goes_by_tcp_or_comes_back(phone, user):
    alice = await user('alice')
    text = 'a long story, ' * 200
    listening = await phone('101', port=5085, listens=True)
    chat(alice, '101@sip.localhost', text)
    assert (await listening.until(lambda: listening.messages))[0].body == text
    assert listening.streamed
    alone = await phone('102', port=5090)
    sent = chat(alice, '102@sip.localhost', text)
    assert 'policy-violation' in (await eventually(lambda: failures(alice, sent), 10))[0]['error']
    assert not alone.messages


async def test_an_account_reads_on_all_its_phones(phone, user):
    alice = await user('alice')
    phones = [await phone('dora', identity='sip:dora@talk.localhost') for _ in range(2)]
    for p in phones:
        assert (await register(p, 'dora', 'wonderland'))[1].status == 200
    sent = chat(alice, 'dora@sip.localhost', 'hello Dora', request())
    for p in phones:
        assert (await p.until(lambda: p.messages))[0].body == 'hello Dora'
    await eventually(lambda: told(alice, RECEIPTS + 'received'), 5)
    assert not failures(alice, sent)


async def test_what_is_encrypted_is_not_passed_on(phone, user):
    alice, hundred = await user('alice'), await phone('100', port=5080)
    sent = chat(alice, NUMBER, 'I sent you an encrypted message', ET.Element('{urn:xmpp:omemo:2}encrypted'))
    assert 'not-acceptable' in (await eventually(lambda: failures(alice, sent), 5))[0]['error']
    assert await alice.message('Telephones cannot read')
    assert not hundred.messages


# -- presence

PIDF = 'application/pidf+xml'


def document(basic, show=None, note=None):
    return ('<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:103@127.0.0.1"><tuple id="t1">'
            '<status><basic>%s</basic>%s</status>%s</tuple></presence>' % (
                basic, '<show xmlns="jabber:client">%s</show>' % show if show else '',
                '<note>%s</note>' % note if note else ''))


def presences(user, number):
    return [e for e in user.events if e['ev'] == 'presence' and e['sender'].startswith(number)]


class Watchable:
    """A phone that may be watched."""

    def __init__(self, phone):
        self.phone, self.asked, self.count = phone, [], 0
        phone._subscribe = self.subscribed

    def subscribed(self, m, reply):
        self.asked.append(m)
        self.phone.respond(m, reply, 200, 'OK', [('Expires', m.get('Expires'))], tag='watched')

    async def tell(self, body, state='active;expires=600'):
        """A NOTIFY. -> the response"""
        m, self.count = self.asked[0], self.count + 1
        request = self.phone.request('NOTIFY', address(m.get('Contact')), [
            ('From', m.get('To') + ';tag=watched'), ('Event', 'presence'), ('Subscription-State', state),
            ('Content-Type', PIDF)], body, call_id=m.get('Call-ID'), cseq=self.count, to=m.get('From'))
        return await self.phone.transact(request)


async def test_a_phones_presence_is_seen_by_who_has_it_as_a_contact(phone, user):
    alice, watched = await user('alice'), Watchable(await phone('103', port=5095))
    number = '103@sip.localhost'
    alice.subscribe(number)
    asked = await eventually(lambda: watched.asked)
    assert asked[0].get('Event') == 'presence' and ALICE in asked[0].get('From')
    await eventually(lambda: presences(alice, number + '/'))
    assert (await watched.tell(document('open', 'away', 'at lunch'))).status == 200
    await eventually(lambda: [e for e in presences(alice, number + '/') if e.get('status') == 'at lunch'])
    assert (await watched.tell(document('closed'))).status == 200
    await eventually(lambda: presences(alice, number + '/')[-1]['type'] == 'unavailable')
    assert (await watched.tell('<presence')).status == 400
    alice.send_presence(pto=number, ptype='unsubscribe')
    await eventually(lambda: watched.asked[-1].get('Expires') == '0')


async def test_an_account_is_there_while_a_phone_is(phone, user):
    alice, dora = await user('alice'), await phone('dora', identity='sip:dora@talk.localhost')
    assert (await register(dora, 'dora', 'wonderland'))[1].status == 200
    alice.subscribe('dora@sip.localhost')
    await eventually(lambda: [e for e in presences(alice, 'dora@sip.localhost/') if e['type'] == 'available'])
    assert (await register(dora, 'dora', 'wonderland', expires=0, headers=[('Contact', '*')]))[1].status == 200
    await eventually(lambda: presences(alice, 'dora@sip.localhost/')[-1]['type'] == 'unavailable')


async def watch(phone, uri, expires=600):
    request = phone.request('SUBSCRIBE', uri, [('Event', 'presence'), ('Expires', str(expires)), ('Accept', PIDF)])
    phone.subscriptions[request.get('Call-ID')] = request
    return await phone.transact(request)


def seen(phone, state):
    return [m for m in phone.notifies if m.get('Subscription-State').startswith(state)]


async def test_a_phone_sees_a_user_who_agrees(phone, user):
    bob, hundred = await user('bob'), await phone('104', port=5096)
    # slixmpp agrees to everybody by itself.
    response = await watch(hundred, 'sip:bob@localhost')
    assert response.status == 200 and response.get('Expires') == '600'
    assert await hundred.until(lambda: seen(hundred, 'pending'))
    assert await hundred.until(lambda: [m for m in seen(hundred, 'active') if '<basic>open</basic>' in m.body], 15)
    bob.send_presence(pshow='dnd', pstatus='in a meeting')
    got = await hundred.until(lambda: [m for m in seen(hundred, 'active') if 'in a meeting' in m.body], 15)
    assert got and got[0].get('Content-Type') == PIDF and '>dnd</show>' in got[0].body and 'busy' in got[0].body
    # A look: one document, and no more.
    looks = await phone('104', port=5097, identity=hundred.uri)
    assert (await watch(looks, 'sip:bob@localhost', 0)).status == 200
    last = (await looks.until(lambda: seen(looks, 'terminated')))[0]
    assert 'in a meeting' in last.body


async def test_what_is_no_presence_is_refused(phone, user):
    hundred = await phone('100', port=5080)
    assert (await hundred.ask('SUBSCRIBE', ALICE, [('Event', 'dialog'), ('Expires', '60')])).status == 489
    notify = [('Event', 'presence'), ('Subscription-State', 'active'), ('Content-Type', PIDF)]
    assert (await hundred.ask('NOTIFY', ALICE, notify, document('open'), to='<%s>;tag=x' % ALICE)).status == 481
