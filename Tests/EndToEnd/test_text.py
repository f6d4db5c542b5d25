"""Long texts, CPIM, what became of a text, and who is writing: between phones, and across to XMPP."""
import asyncio
import xml.etree.ElementTree as ET

import pytest

from harness.expectations import eventually, never

READS = 'application/sdp, text/plain, message/cpim, application/im-iscomposing+xml'
COMPOSING, CHAT_STATES = 'application/im-iscomposing+xml', '{http://jabber.org/protocol/chatstates}'


@pytest.fixture
def uri(room):
    return 'sip:%s@127.0.0.1' % room


async def enter(user, muc, nick):
    user.join(muc, nick)
    assert await user.wait_event(
        lambda e: e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ()), 10)


def cpim(text, to, headers=(), kind='text/plain'):
    lines = ['From: Dora <sip:dora@127.0.0.1>', 'To: <%s>' % to, 'DateTime: 2026-01-02T03:04:05Z',
             'NS: imdn <urn:ietf:params:imdn>', *headers, '', 'Content-Type: ' + kind, '', text]
    return '\r\n'.join(lines)


def header(body, name):
    lines = [l for l in body.split('\r\n') if l.lower().startswith(name.lower() + ':')]
    return lines[0].partition(':')[2].strip() if lines else None


def typing(state):
    return ('<?xml version="1.0"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">'
            '<state>%s</state><refresh>90</refresh></isComposing>' % state)


def disposition(message_id, kind, word):
    return ('<?xml version="1.0"?><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>%s</message-id>'
            '<datetime>2026-01-02T03:04:06Z</datetime><%s><status><%s/></status></%s></imdn>'
            % (message_id, kind, word, kind))


def signal(user, to, kind, element):
    m = user.make_message(mto=to, mtype=kind)
    m['id'] = 'signal-%d' % id(m)
    m.append(element)
    m.send()


def reports(phone):
    return [m for m in phone.messages if 'message/imdn+xml' in m.body]


# -- length

async def test_a_long_text_goes_over_tcp_in_one(phone, user, room, uri):
    dora, emil = await phone('dora', transport='tcp'), await phone('emil', transport='tcp')
    await dora.call(uri)
    await emil.call(uri)
    carol = await user('carol')
    await enter(carol, room + '@rooms.localhost', 'Carol')
    for length in (2000, 65536):
        text = ('%d ' % length + 'grüße ' * 20000).encode()[:length].decode(errors='ignore').rstrip()
        assert (await dora.say(uri, text)).status == 202
        got = await emil.until(lambda: [m for m in emil.messages if text in m.body])
        assert got and len(got) == 1
        await eventually(lambda: carol.messages(text))
    assert (await dora.say(uri, 'x' * 65537)).status == 513
    assert not [m for m in emil.messages if m.body.endswith('xxx')]


async def test_a_long_text_reaches_a_phone_on_udp_whole(phone, uri):
    dora, emil = await phone('dora', transport='tcp', display='Dora'), await phone('emil')
    await dora.call(uri)
    await emil.call(uri)
    text = ' '.join('word%d' % i for i in range(1000))
    assert (await dora.say(uri, text)).status == 202
    await eventually(lambda: ''.join(m.body.removeprefix('Dora: ') for m in emil.messages) == text, 20)
    assert all(len(m.encode()) <= 1300 for m in emil.messages) or len(emil.messages) == 1


@pytest.mark.parametrize('accept', [None, 'application/sdp, text/plain, message/cpim'])
async def test_a_long_text_goes_by_tcp_to_a_phone_on_udp_that_takes_it(phone, uri, accept):
    dora, emil = await phone('dora', transport='tcp', display='Dora'), await phone('emil', listens=True, accept=accept)
    await dora.call(uri)
    await emil.call(uri)
    text = ' '.join('word%d' % i for i in range(1000))
    for words in (text, 'short', 'again ' + text):
        assert (await dora.say(uri, words)).status == 202
    await eventually(lambda: len(emil.messages) == 3, 20)
    assert [m.body.endswith(words) for m, words in zip(emil.messages, (text, 'short', 'again ' + text))] == [True] * 3
    assert len(emil.streamed) == 2, 'the short one goes by UDP'


async def test_more_texts_than_one_may_write_are_refused_to_the_writer_alone(phone, uri):
    dora, emil = await phone('dora', transport='tcp'), await phone('emil')
    await dora.call(uri)
    await emil.call(uri)
    answers = await asyncio.gather(*(dora.say(uri, 'spam') for _ in range(120)))
    assert {a.status for a in answers} == {202, 480}
    assert all(a.get('Retry-After') for a in answers if a.status == 480)
    assert (await emil.say(uri, 'still here')).status == 202


# -- CPIM

async def test_a_private_cpim_message_keeps_what_stands_on_its_outside(phone, room, uri):
    dora, emil, fred = [await phone(n, display=n.title(), accept=READS) for n in ('dora', 'emil', 'fred')]
    for p in (dora, emil, fred):
        await p.call(uri)
    body = cpim('for emil', uri + ';gr=Emil', ['Subject: dinner', 'NS: my <urn:example:my>', 'my.Hint: garlic'])
    assert (await dora.say(uri, body, 'message/cpim')).status == 202
    got = (await emil.until(lambda: emil.messages))[0]
    assert got.get('Content-Type').startswith('message/cpim')
    assert header(got.body, 'Subject') == 'dinner' and header(got.body, 'DateTime') == '2026-01-02T03:04:05Z'
    assert 'urn:example:my' in got.body and '.Hint: garlic' in got.body
    assert header(got.body, 'From').startswith('"Dora"') and ';gr=Dora' in header(got.body, 'From')
    assert got.body.endswith('for emil')
    await never(lambda: fred.messages or dora.messages, 0.5)


@pytest.mark.parametrize('body, status', [
    ('From: <sip:a@b>\r\nTo: <sip:c@d>\r\n', 400),
    ('From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\ncut', 400),
    ('From: <sip:a@b>\r\nRequire: Magic\r\n\r\nContent-Type: text/plain\r\n\r\nhello', 400),
    ('From: <sip:a@b>\r\n\r\nContent-Type: image/png\r\n\r\nhello', 415),
], ids=['no content', 'cut', 'required', 'image'])
async def test_a_cpim_message_that_cannot_be_taken_is_refused_with_the_reason(phone, uri, body, status):
    dora = await phone('dora')
    await dora.call(uri)
    response = await dora.say(uri, body, 'message/cpim')
    assert response.status == status
    assert response.get('Accept') if status == 415 else 'CPIM' in response.reason


# -- what became of a text

async def test_a_reader_of_cpim_reports_end_to_end(phone, room, uri):
    dora, emil = [await phone(n, display=n.title(), accept=READS) for n in ('dora', 'emil')]
    await dora.call(uri)
    await emil.call(uri)
    body = cpim('read me', uri + ';gr=Emil', [
        'imdn.Message-ID: d1', 'imdn.Disposition-Notification: positive-delivery, display'])
    assert (await dora.say(uri, body, 'message/cpim')).status == 202
    got = (await emil.until(lambda: emil.messages))[0]
    assert header(got.body, 'imdn.Disposition-Notification') == 'positive-delivery, display'
    message_id = header(got.body, 'imdn.Message-ID')
    for n, (kind, word) in enumerate([('delivery-notification', 'delivered'), ('display-notification', 'displayed')]):
        answer = cpim(disposition(message_id, kind, word), uri + ';gr=Dora', kind='message/imdn+xml')
        assert (await emil.say(uri, answer, 'message/cpim')).status == 200
        await eventually(lambda: len(reports(dora)) == n + 1)
        report = reports(dora)[n].body
        assert '<message-id>d1</message-id>' in report and '<%s' % word in report
        assert header(report, 'From').startswith('"Emil"')


async def test_for_a_phone_that_reads_plain_text_the_room_reports(phone, uri):
    dora, emil = await phone('dora', accept=READS), await phone('emil', display='Emil')
    await dora.call(uri)
    await emil.call(uri)
    for to, who in ((uri + ';gr=Emil', '"Emil"'), (uri, None)):
        before = len(reports(dora))
        body = cpim('told', to, ['imdn.Message-ID: d-%s' % who, 'imdn.Disposition-Notification: positive-delivery'])
        assert (await dora.say(uri, body, 'message/cpim')).status == 202
        await eventually(lambda: len(reports(dora)) == before + 1)
        report = reports(dora)[-1].body
        assert '<delivered' in report and (who is None or header(report, 'From').startswith(who))
    assert all(m.get('Content-Type').startswith('text/plain') for m in emil.messages)


async def test_receipts_cross_to_xmpp_and_back(phone, user, room, uri):
    dora = await phone('dora', display='Dora', accept=READS)
    await dora.call(uri)
    carol, muc = await user('carol'), room + '@rooms.localhost'
    await enter(carol, muc, 'Carol')
    body = cpim('to carol', uri + ';gr=Carol', [
        'imdn.Message-ID: d1', 'imdn.Disposition-Notification: positive-delivery, display'])
    assert (await dora.say(uri, body, 'message/cpim')).status == 202
    got = await carol.message('to carol')
    assert '{urn:xmpp:receipts}request' in got['extra'] and '{urn:xmpp:chat-markers:0}markable' in got['extra']
    signal(carol, muc + '/Dora', 'chat', ET.Element('{urn:xmpp:receipts}received', id=got['id']))
    signal(carol, muc + '/Dora', 'chat', ET.Element('{urn:xmpp:chat-markers:0}displayed', id=got['id']))
    await eventually(lambda: len(reports(dora)) == 2)
    assert '<delivered' in reports(dora)[0].body and '<displayed' in reports(dora)[1].body

    m = carol.make_message(mto=muc + '/Dora', mbody='to dora', mtype='chat')
    m['id'] = 'c1'
    m.append(ET.Element('{urn:xmpp:receipts}request'))
    m.send()
    got = (await dora.until(lambda: [m for m in dora.messages if m.body.endswith('to dora')]))[0]
    answer = cpim(disposition(header(got.body, 'imdn.Message-ID'), 'delivery-notification', 'delivered'),
                  uri + ';gr=Carol', kind='message/imdn+xml')
    assert (await dora.say(uri, answer, 'message/cpim')).status == 200
    assert await carol.wait_event(lambda e: e['ev'] == 'message' and e['sender'] == muc + '/Dora'
                                  and '{urn:xmpp:receipts}received' in (e.get('extra') or ()), 10)


# -- who is writing

async def test_typing_crosses_both_ways(phone, user, room, uri):
    dora, emil = await phone('dora', display='Dora', accept=READS), await phone('emil')
    await dora.call(uri)
    await emil.call(uri)
    carol, muc = await user('carol'), room + '@rooms.localhost'
    await enter(carol, muc, 'Carol')

    def seen(state, kind):
        return [e for e in carol.events if e['ev'] == 'message' and CHAT_STATES + state in (e.get('extra') or ())
                and e['sender'] == muc + '/Dora' and e['type'] == kind]
    assert (await dora.say(uri, typing('active'), COMPOSING)).status == 200
    await eventually(lambda: seen('composing', 'groupchat'))
    await asyncio.sleep(1.1)
    assert (await dora.say(uri, typing('idle'), COMPOSING)).status == 200
    await eventually(lambda: seen('active', 'groupchat'))
    assert (await dora.say(uri + ';gr=Carol', typing('active'), COMPOSING)).status == 200
    await eventually(lambda: seen('composing', 'chat'))

    signal(carol, muc, 'groupchat', ET.Element(CHAT_STATES + 'composing'))
    got = (await dora.until(lambda: dora.messages))[0]
    assert header(got.body, 'Content-Type') == COMPOSING and '<state>active</state>' in got.body
    assert header(got.body, 'From').startswith('"Carol"')
    await asyncio.sleep(1.1)
    signal(carol, muc, 'groupchat', ET.Element(CHAT_STATES + 'paused'))
    assert await dora.until(lambda: [m for m in dora.messages if '<state>idle</state>' in m.body])
    assert not emil.messages, 'who did not say that it reads typing is not told'
    alice = await user('alice')
    await enter(alice, muc, 'Alice')
    await never(lambda: [e for e in alice.events if e['ev'] == 'message' and e.get('delay')], 0.5, 'typing was kept')


# -- one person, two phones

async def test_two_phones_of_one_participant_stay_in_step(phone, uri):
    desk = await phone('dora', display='Dora', identity='sip:dora@example.org')
    pocket = await phone('dora', display='Dora', identity='sip:dora@example.org')
    emil = await phone('emil', display='Emil')
    for p in (desk, pocket, emil):
        await p.call(uri)

    def reads(p, text):
        return len([m for m in p.messages if m.body.endswith(text)])
    assert (await desk.say(uri, 'for all')).status == 202
    await eventually(lambda: reads(pocket, 'for all') == 1 and reads(emil, 'for all') == 1)
    assert (await pocket.say(uri + ';gr=Emil', 'for emil')).status == 202
    await eventually(lambda: reads(desk, 'for emil') == 1 and reads(emil, 'for emil') == 1)
    assert desk.messages[-1].body == 'Dora (private to Emil): for emil'
    assert (await emil.say(uri + ';gr=Dora', 'for dora')).status == 202
    await eventually(lambda: reads(desk, 'for dora') == 1 and reads(pocket, 'for dora') == 1)
    await never(lambda: reads(desk, 'for all') or reads(pocket, 'for emil') or reads(desk, 'for dora') > 1, 0.5)
