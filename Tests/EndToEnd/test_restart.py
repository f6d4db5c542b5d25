"""What survives: kill -9 of Confab, and Prosody going away and coming back."""
import asyncio
import contextlib

from harness.expectations import eventually, hears
from harness.server import holders
from harness.xmpp_client import JingleClient, Options


def joined(user, muc):
    return [e for e in user.events if e['ev'] == 'presence' and '110' in (e.get('muc') or {}).get('status', ())
            and e['sender'].startswith(muc)]


async def test_a_kill_loses_nothing_that_was_acknowledged(stack, phone, user):
    muc = 'demo@rooms.localhost'
    dora, carol = await phone('dora', display='Dora'), await user('carol')
    await dora.call('sip:demo@127.0.0.1')
    carol.subscribe('demo@talk.localhost')
    assert await carol.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'subscribed', 10)
    carol.join(muc, 'Carol')
    await eventually(lambda: joined(carol, muc))
    said = ['line %d of the log' % i for i in range(5)]
    for line in said:
        carol.say(muc, line, 'groupchat')
        assert await carol.message(line)
    assert (await dora.say('sip:demo@127.0.0.1', 'the last word')).status in (200, 202)
    before = len(carol.events)
    await stack.kill_confab()

    alice = await user('alice')
    alice.join(muc, 'Alice')
    for line in said + ['the last word']:
        m = await alice.message(line)
        assert m and m['delay'], line
    history = [m['body'] for m in alice.messages() if m['type'] == 'groupchat' and m['delay']]
    assert history[-6:] == said + ['the last word'], history
    assert await carol.wait_event(
        lambda e: e in carol.events[before:] and e['ev'] == 'presence' and e['type'] == 'available'
        and e['sender'].startswith('demo@talk.localhost/'), 15), 'the room forgot who subscribed to it'


async def test_calls_outlive_the_xmpp_server_and_rooms_come_back(stack, phone, room):
    uri, muc = 'sip:%s@127.0.0.1' % room, room + '@rooms.localhost'
    dora, emil = await phone('dora', display='Dora'), await phone('emil')
    await dora.call(uri, tone=500)
    listener = await emil.call(uri)
    await asyncio.sleep(1)
    hears('emil before', await listener.heard(1), {500: -12})
    await stack.prosody.stop()
    hears('emil without the XMPP server', await listener.heard(1), {500: -12})
    assert (await dora.say(uri, 'still here')).status in (200, 202)
    await stack.connected(stack.prosody.start)

    alice = JingleClient('alice@localhost/phone', 'demo', Options(ca=stack.prosody.certificate, tone='1000'))
    try:
        await alice.login('127.0.0.1', 5222)
        call = await alice.call(room + '@talk.localhost')
        assert call.connected.is_set(), call.reason
        await asyncio.sleep(1.5)
        hears('alice', await call.heard(1.5), {500: -12}, absent=[1000])
        hears('emil after', await listener.heard(1), {500: -12, 1000: -12})
        alice.join(muc, 'Alice in the chat')
        await eventually(lambda: joined(alice, muc))
        assert any(e['ev'] == 'presence' and e['sender'] == muc + '/Dora' for e in alice.events)
        assert await alice.message('still here')
        assert not alice.violations, alice.violations
    finally:
        await alice.shutdown()


async def test_a_jingle_call_stands_while_the_xmpp_server_is_killed_and_what_waited_comes_in_order(stack, phone, room):
    uri, talk = 'sip:%s@127.0.0.1' % room, room + '@talk.localhost'
    dora, emil = await phone('dora', display='Dora'), await phone('emil')
    await dora.call(uri, tone=500)
    listener = await emil.call(uri)

    async def alice_logs_in():
        options = Options(ca=stack.prosody.certificate, tone='1000')
        client = JingleClient('alice@localhost/phone', 'demo', options)
        await client.login('127.0.0.1', 5222)
        return client
    alice = await alice_logs_in()
    alice.subscribe(talk)
    call = await alice.call(talk)
    assert call.connected.is_set(), call.reason
    await asyncio.sleep(1)
    hears('emil before', await listener.heard(1), {500: -12, 1000: -12})

    async def server_goes():
        stack.prosody.environment['PROSODY_MODULES'] = 'offline'    # for who is not back yet
        await stack.prosody.kill()
        with contextlib.suppress(AttributeError):   # slixmpp's, where the connection was lost first
            alice.abort()
        for number in range(5):
            assert (await dora.say(uri, 'line %d while nobody reads' % number)).status in (200, 202)
        await asyncio.sleep(1)
    by_emil, by_alice, _ = await asyncio.gather(listener.heard(1.5), call.heard(1.5), server_goes())
    hears('emil without the XMPP server', by_emil, {500: -12, 1000: -12})
    hears('alice without the XMPP server', by_alice, {500: -12}, absent=[1000])

    again, back = None, asyncio.ensure_future(stack.connected(stack.prosody.start))
    while again is None:
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            if holders('tcp', 5222):
                again = await alice_logs_in()
        await asyncio.sleep(0.1)
    try:
        by_emil, by_alice, _ = await asyncio.gather(listener.heard(1.5), call.heard(1.5), back)
        hears('emil after', by_emil, {500: -12, 1000: -12})
        hears('alice after', by_alice, {500: -12}, absent=[1000])
        assert await again.wait_event(lambda e: e['ev'] == 'presence' and e['type'] == 'available'
                                      and e['sender'].startswith(talk) and e.get('status') == '3 in the call', 15)
        assert await again.message('line 4 while nobody reads')
        lines = [m['body'].partition(': ')[2] for m in again.messages('while nobody reads')]
        assert lines == ['line %d while nobody reads' % number for number in range(5)], lines
        # Whoever comes back under the same address goes on with the call.
        call.c = again
        await call.terminate()
        await asyncio.sleep(0.5)
        hears('emil alone with dora', await listener.heard(1), {500: -12}, absent=[1000])
    finally:
        await again.shutdown()


async def test_a_jingle_call_ends_cleanly_for_the_others_when_its_client_vanishes(stack, phone, user, room):
    uri = 'sip:%s@127.0.0.1' % room
    dora, emil = await phone('dora'), await phone('emil')
    await dora.call(uri, tone=500)
    listener = await emil.call(uri)
    alice = await user('alice', tone='1000')
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set()
    await asyncio.sleep(1)
    hears('emil', await listener.heard(1), {500: -12, 1000: -12})
    await call.pc.close()
    alice.abort()
    await asyncio.sleep(0.5)
    hears('emil', await listener.heard(1), {500: -12}, absent=[1000])
