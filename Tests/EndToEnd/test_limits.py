"""Whoever floods is left out, and nobody else notices."""
import asyncio
import re
import time

import pytest

from harness.component_server import ComponentServer
from harness.expectations import eventually, hears
from harness.server import Confab
from harness.sip_phone import Phone

SECONDS, RATE = 3, 10_000


@pytest.fixture
async def alone(tmp_path):
    """A Confab whose XMPP server we are."""
    server = await ComponentServer(15347).start()
    confab = Confab(str(tmp_path), {
        'CONFAB_SIP_PORT': '15060', 'CONFAB_XMPP_PORT': '15347', 'CONFAB_MEDIA_ICE_PORT': '15100',
        'CONFAB_MEDIA_RTP_PORTS': '15200-15400', 'CONFAB_XMPP_BLOCKED': 'evil.example,mallory@localhost'})
    await confab.start()
    assert await server.until(lambda: len(server.connections) == 3), server.connections
    phones = [await Phone(n, server=('127.0.0.1', 15060)).start() for n in ('dora', 'emil')]
    yield server, confab, phones
    for p in phones:
        await p.stop()
    assert await confab.stop() == 0
    await server.stop()


def presences(number):
    """Of the users of one domain: to the room as a contact, and into its MUC."""
    who = "from='u%d@flood.example/x' to='standing@" % number
    if number % 2:
        return "<presence %stalk.localhost' type='subscribe'/>" % who
    return "<presence %srooms.localhost/n%d'><x xmlns='http://jabber.org/protocol/muc'/></presence>" % (who, number)


async def test_ten_thousand_presences_a_second_disturb_nobody(alone):
    server, confab, (dora, emil) = alone
    await dora.call('sip:standing@127.0.0.1', tone=500)
    listener = await emil.call('sip:standing@127.0.0.1')
    pieces = [''.join(presences(n) for n in range(start, start + RATE // 20)).encode()
              for start in range(0, SECONDS * RATE, RATE // 20)]
    domains = ['talk.localhost', 'rooms.localhost']
    split = [[b''.join(re.findall(rb"<presence [^>]*@%s.*?(?:/>|</presence>)" % d.encode(), piece)) for d in domains]
             for piece in pieces]
    await asyncio.sleep(1)
    waits = []

    async def flood():
        began = time.monotonic()
        for number, parts in enumerate(split):
            for domain, part in zip(domains, parts):
                await server.send(domain, part)
            await asyncio.sleep(max(0, began + (number + 1) / 20 - time.monotonic()))
        return time.monotonic() - began

    async def others():
        for _ in range(2 * SECONDS):
            began = time.monotonic()
            assert (await dora.options('sip:standing@127.0.0.1')).status == 200
            assert await server.answers('talk.localhost', 'standing@talk.localhost')
            waits.append(time.monotonic() - began)
            await asyncio.sleep(0.3)
    took, heard, _ = await asyncio.gather(flood(), listener.heard(SECONDS), others())
    hears('the standing call', heard, {500: -12})
    assert max(waits) < 3, waits
    granted = server.received['talk.localhost'].count("type='subscribed'")
    assert 10 < granted < 1000 + 200 * (took + 2), granted
    joined = len(set(re.findall(r"from='standing@rooms.localhost/n(\d+)'", server.received['rooms.localhost'])))
    assert joined < 200, joined
    await eventually(lambda: re.search(r'left out \d{4,} stanzas of the domain flood.example', confab.output()), 15)
    assert len([line for line in confab.output().splitlines() if 'flood.example' in line]) < 400


async def test_whoever_is_blocked_is_not_answered(alone):
    server, confab, _ = alone
    for sender in ('eve@evil.example', 'eve@sub.evil.example', 'mallory@localhost'):
        await server.send('talk.localhost', ("<presence from='%s' to='demo@talk.localhost' type='subscribe'/>" % sender
                                             + "<message from='%s/x' to='demo@talk.localhost' type='chat'>"
                                               "<body>hello</body></message>" % sender).encode())
    await server.send('talk.localhost', b"<presence from='bob@localhost' to='demo@talk.localhost' type='subscribe'/>")
    assert await server.until(lambda: "to='bob@localhost' type='subscribed'" in server.received['talk.localhost'])
    assert 'eve@' not in server.received['talk.localhost'] and 'mallory' not in server.received['talk.localhost']


async def test_entities_do_not_expand(alone):
    server, confab, _ = alone
    before = server.connections['talk.localhost']
    laughs = ''.join("<!ENTITY l%d '%s'>" % (n + 1, ('&l%d;' % n) * 10) for n in range(9))
    bomb = "<!DOCTYPE x [<!ENTITY l0 'ha'>%s]>" % laughs
    await server.send('talk.localhost', (bomb + "<message from='a@b/c' to='demo@talk.localhost' type='chat'><body>"
                                         "&l9;</body></message>").encode())
    assert await server.until(lambda: server.connections['talk.localhost'] > before, 30), 'the stream is to be closed'
    assert await server.answers('talk.localhost', 'demo@talk.localhost')
    with open('/proc/%d/status' % confab.child.pid) as f:
        assert int(re.search(r'VmHWM:\s+(\d+)', f.read())[1]) < 1_000_000, 'it took a gigabyte'
