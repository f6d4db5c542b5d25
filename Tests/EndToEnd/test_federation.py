"""A user of another server, by federation: in the MUC, as a contact, and in the call."""
import asyncio

import pytest

from harness.expectations import all_heard, hears
from harness.federation import C2S, DOMAIN, Federation
from harness.server import Stack
from harness.xmpp_client import JingleClient, Options


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    s.other = Federation(s.directory)
    s.prosody.environment = s.other.environment
    s.confab.environment['CONFAB_XMPP_BRIDGED_DOMAINS'] = 'localhost,' + DOMAIN
    try:
        await s.other.start()
        await s.start()
        yield s
    finally:
        await s.stop()
        await s.other.stop()


@pytest.fixture
async def juliet(stack):
    client = JingleClient('juliet@%s/balcony' % DOMAIN, 'demo', Options(ca=stack.other.certificate, tone='1000'))
    await client.login('127.0.0.1', C2S)
    yield client
    await client.shutdown()
    assert not client.violations, client.violations
    assert not client.failures, client.failures


async def test_a_user_of_another_server_calls_the_room_and_joins_its_chat(juliet, user, phone, room):
    talk, muc = room + '@talk.localhost', room + '@rooms.localhost'
    dora = await phone('dora', display='Dora')
    sip = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    juliet.subscribe(talk)
    assert await juliet.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'subscribed', 30)
    assert await juliet.wait_event(lambda e: e['ev'] == 'presence' and e['sender'].startswith(talk + '/')
                                   and e.get('status') == '1 in the call', 15)
    call = await juliet.call(talk)
    assert call.connected.is_set(), call.reason
    alice = await user('alice')
    for who, nick in ((alice, 'Alice'), (juliet, 'Juliet')):
        who.join(muc, nick)
        assert await who.wait_event(
            lambda e: e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ()), 15)
    juliet.say(muc, 'from far away', 'groupchat')
    assert await alice.message('from far away', sender=muc + '/Juliet')
    assert await dora.until(lambda: [m for m in dora.messages if 'from far away' in m.body])
    alice.whisper(muc, 'Juliet', 'between us')
    assert await juliet.message('between us', type='chat')
    assert (await dora.say('sip:%s@127.0.0.1' % room, 'from the phone')).status in (200, 202)
    assert await juliet.message('from the phone')
    await asyncio.sleep(1)
    heard = await all_heard(1.5, sip, call)
    hears('dora', heard[0], {1000: -12}, absent=[500])
    hears('juliet', heard[1], {500: -12}, absent=[1000])
    await call.terminate()


async def test_a_user_of_another_server_is_called_from_the_room(juliet, phone, room):
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    juliet.auto = 'on'
    assert (await call.say('/call juliet@%s' % DOMAIN)).status < 300
    incoming = await asyncio.wait_for(juliet.incoming.get(), 20)
    assert await juliet.wait_connected(incoming), incoming.reason
    await asyncio.sleep(1)
    hears('dora', await call.heard(1.5), {1000: -12}, absent=[500])
