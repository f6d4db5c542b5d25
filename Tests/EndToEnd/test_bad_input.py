"""Whatever comes in: a clear answer or silence as the standard says, and everyone else's call goes on."""
import asyncio
import contextlib
import os
import re
import socket
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from aioice import stun

from harness.component_server import ComponentServer
from harness.expectations import eventually, hears, never
from harness.rtp import RTPStream
from harness.server import Confab
from harness.sip_phone import Call, Phone, sdp

SERVER = ('127.0.0.1', 5060)


class StandingCall:
    """Two phones in a room of their own, one of which sends a tone."""

    def __init__(self, confab):
        self.confab = confab

    async def begin(self, port=5060):
        self.phones = [await Phone(n, server=('127.0.0.1', port)).start() for n in ('speaker', 'listener')]
        self.speaker = await self.phones[0].call('sip:standing@127.0.0.1', tone=500)
        self.listener = await self.phones[1].call('sip:standing@127.0.0.1')
        await asyncio.sleep(1)
        await self.goes_on()
        return self

    async def goes_on(self, absent=()):
        assert self.confab.running, 'Confab has ended: ' + self.confab.output()[-3000:]
        hears('the standing call', await self.listener.heard(0.8), {500: -12}, absent=absent, note=False)

    def mark(self):
        self.seen = len(self.confab.output())

    async def is_logged(self, pattern):
        """Since the mark, there is a line in the log of that kind."""
        await eventually(lambda: re.search(pattern, self.confab.output()[self.seen:]), 5,
                         lambda: 'no line in the log: ' + self.confab.output()[self.seen:])

    async def end(self):
        for p in self.phones:
            await p.stop()


@pytest.fixture(scope='module')
async def kept():
    """The standing calls of this file, made anew only after a crash."""
    calls = {}
    yield calls
    for c in calls.values():
        await c.end()


@pytest.fixture
async def standing(stack, kept):
    if not stack.confab.running:
        await stack.connected(stack.confab.start)
        kept.clear()
    if 'shared' not in kept:
        kept['shared'] = await StandingCall(stack.confab).begin()
    kept['shared'].mark()
    yield kept['shared']
    await kept['shared'].goes_on()


def datagram(data, to=SERVER, wait=0.5):
    """-> the first bytes that come back, or nothing"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(wait)
        s.sendto(data, to)
        with contextlib.suppress(TimeoutError):
            return s.recv(65536)
    return b''


async def send(data, **kw):
    return await asyncio.to_thread(datagram, data, **kw)


# -- SIP

NO_SIP = {
    'word': b'hello', 'ff': b'\xff' * 1400, 'noise': bytes(range(128, 256)) * 9,
    'http': b'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'method': b'INVITE', 'line': b'INVITE sip:demo@127.0.0.1', 'response': b'SIP/2.0 200 OK\r\n\r\n',
    'status': b'SIP/2.0 999999999999 X\r\n\r\n'}


@pytest.mark.parametrize('what', NO_SIP)
async def test_a_datagram_that_is_no_sip(standing, what):
    answer = await send(NO_SIP[what])
    assert answer == b'' or answer.startswith(b'SIP/2.0 400'), answer
    await standing.is_logged('sip: (dropped|answered 400)|more bad messages')


@pytest.mark.parametrize('data', [b'', b'\x00', b'\r\n\r\n', b'\n' * 5000], ids=['empty', 'nul', 'crlf', 'newlines'])
async def test_a_datagram_that_is_next_to_nothing(standing, data):
    assert await send(data) in (b'', b'\r\n')


async def test_sip_cut_off_anywhere(standing, phone):
    whole = (await phone('cut')).invitation('sip:cut@127.0.0.1', sdp('127.0.0.1', 40000)).encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for n in range(1, len(whole) - 1, 3):
            s.sendto(whole[:n], SERVER)
            if n % 60 == 1:
                await asyncio.sleep(0.01)
    await standing.is_logged('sip: dropped|more bad messages')
    assert (await (await phone('dora')).options('sip:demo@127.0.0.1')).status == 200


async def test_a_content_length_beyond_the_datagram_is_400(standing, phone):
    dora = await phone('dora')
    request = dora.request('MESSAGE', 'sip:demo@127.0.0.1', [('Content-Type', 'text/plain')], 'short').encode()
    answer = await send(request.replace(b'Content-Length: 5', b'Content-Length: 5000'))
    assert answer == b'' or answer.startswith(b'SIP/2.0 400'), answer


async def test_a_tcp_stream_of_nonsense_is_closed_or_ignored(standing):
    for data in (b'\x16\x03\x01' + os.urandom(300), b'INVITE sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n',
                 b'INVITE sip:x SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n', b'A' * 300_000):
        reader, writer = await asyncio.open_connection(*SERVER)
        with contextlib.suppress(ConnectionError, TimeoutError):
            writer.write(data)
            await asyncio.wait_for(writer.drain(), 2)
            await asyncio.wait_for(reader.read(4096), 0.5)
        with contextlib.suppress(ConnectionError, TimeoutError):
            writer.close()
        await standing.goes_on()


async def test_a_description_without_a_common_codec_is_488(standing, phone, room):
    dora = await phone('dora')
    body = sdp('127.0.0.1', 40000).replace('RTP/AVP 0', 'RTP/AVP 18').replace('0 PCMU/8000', '18 G729/8000')
    assert (await dora.transact(dora.invitation('sip:%s@127.0.0.1' % room, body))).status == 488
    await standing.is_logged('refused a call .*odec')


@pytest.mark.parametrize('body', ['', 'v=0\r\n', 'nonsense', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n',
                                  sdp('127.0.0.1', 40000).replace('40000', '99999999999'),
                                  sdp('127.0.0.1', 40000) + 'a=x' * 20000],
                         ids=['none', 'v', 'word', 'no media', 'port', 'long'])
async def test_a_broken_description_is_refused(standing, phone, room, body):
    dora = await phone('dora')
    request = dora.request('INVITE', 'sip:%s@127.0.0.1' % room, [('Content-Type', 'application/sdp')], body)
    response = await dora.transact(request)
    if response.status < 300:           # what can be read of it may be enough; a call there must be to be ended
        call = Call(dora, RTPStream('PCMU'), 'PCMU')
        call.begin(request)
        call.confirm(response)
        call.acknowledge(sdp('127.0.0.1', call.rtp.port))
        assert (await call.hang_up()).status == 200
    else:
        assert response.status in (400, 413, 488, 513), response


@pytest.mark.parametrize('method', ['INVITE', 'MESSAGE', 'SUBSCRIBE', 'OPTIONS'])
async def test_a_room_name_of_ten_thousand_characters_is_refused(standing, phone, method):
    dora = await phone('dora')
    headers, body = {'INVITE': ([('Content-Type', 'application/sdp')], sdp('127.0.0.1', 40000)),
                     'MESSAGE': ([('Content-Type', 'text/plain')], 'hello'),
                     'SUBSCRIBE': ([('Event', 'conference'), ('Expires', '60')], ''), 'OPTIONS': ([], '')}[method]
    response = await dora.ask(method, 'sip:%s@127.0.0.1' % ('x' * 10_000), headers, body)
    assert response.status in (403, 404, 414), response
    await standing.is_logged('sip: answered 4|more bad messages')


async def test_names_that_are_no_names(standing, phone):
    dora = await phone('dora')
    for name in ('%00', '%0d%0a', 'a%2fb', '%20', "a'b", ''):
        uri = 'sip:%s@127.0.0.1' % name if name else 'sip:127.0.0.1'
        request = dora.invitation(uri, sdp('127.0.0.1', 40000))
        response = await dora.transact(request)
        assert 400 <= response.status < 500, (name, response)
    for line in standing.confab.output().splitlines():
        assert re.match(r'\d{4}-\d\d-\d\dT', line), 'what a caller sends can start a line of the log: %r' % line


async def test_a_text_of_sixty_thousand_characters(standing, phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    await dora.call('sip:%s@127.0.0.1' % room)
    await emil.call('sip:%s@127.0.0.1' % room)
    response = await dora.say('sip:%s@127.0.0.1' % room, 'x' * 60_000)
    assert response.status in (200, 202, 403, 413, 513), response
    assert (await dora.say('sip:%s@127.0.0.1' % room, 'and on it goes')).status in (200, 202)
    assert await emil.until(lambda: [m for m in emil.messages if 'and on it goes' in m.body])


# -- media

async def test_rtp_with_a_forged_source(standing):
    target = standing.speaker.rtp.remote
    stranger = RTPStream('PCMU', tone=2000, level=-6)
    stranger.remote = target
    try:
        await asyncio.sleep(1)
        await standing.goes_on(absent=[2000])
    finally:
        stranger.close()
    rtp = standing.speaker.rtp
    for i in range(20):
        loud = rtp.codec.encode(np.sin(2 * np.pi * 2000 * np.arange(160) / 8000))
        rtp.sock.sendto(rtp.packet(loud, ssrc=0xDEADBEEF, sequence=i, timestamp=160 * i), target)
    await asyncio.sleep(0.5)
    await standing.is_logged('RTP|rtp|packets? .*(dropped|refused|ignored)')


async def test_rtp_that_is_none(standing):
    target = standing.speaker.rtp.remote
    for data in (b'', b'\x80', b'\x80\x00', os.urandom(11), os.urandom(1200), b'\x8f\x00' + bytes(10),
                 b'\x90\x00' + bytes(12), b'\xb0\x00' + bytes(10) + b'\xff' * 4, b'\x80\xc8\xff\xff' + bytes(20),
                 b'\x80\x7f' + bytes(60000)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(data, target)
        standing.speaker.rtp.sock.sendto(data, target)
    await standing.goes_on()


async def test_stun_with_a_wrong_key(standing, user, room):
    alice = await user('alice', tone='1000')
    call = await alice.call('standing@talk.localhost')
    assert call.connected.is_set(), call.reason
    pair = next(e for e in alice.events if e['ev'] == 'media')['pair']
    host, port = eval(pair[1])
    transport = call.pc.getTransceivers()[0].sender.transport.transport
    remote, local = transport._connection.remote_username, transport._connection.local_username
    for username in ('%s:%s' % (remote, local), 'none:such', 'x' * 500):
        check = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        check.attributes['USERNAME'] = username
        check.attributes['PRIORITY'] = 1
        check.attributes['ICE-CONTROLLING'] = 1
        check.attributes['USE-CANDIDATE'] = None
        check.add_message_integrity(b'a key that is not the key')
        answer = await send(bytes(check), to=(host, port))
        if answer:
            reply = stun.parse_message(answer)
            assert reply.message_class == stun.Class.ERROR and reply.attributes['ERROR-CODE'][0] in (400, 401), reply
    for data in (os.urandom(20), b'\x00\x01\xff\xff\x21\x12\xa4\x42' + bytes(12), b'\x16\xfe\xff' + os.urandom(60),
                 b'\x80'):
        await send(data, to=(host, port), wait=0.1)
    await asyncio.sleep(0.5)
    await standing.is_logged('STUN|stun|ICE check|connectivity check')
    hears('alice', await call.heard(1), {500: -12}, absent=[1000])
    hears('the standing call', await standing.listener.heard(0.8), {500: -12, 1000: -12})


# -- XMPP

async def test_a_large_stanza_through_the_xmpp_server(standing, user):
    alice = await user('alice')
    call = await alice.call('standing@talk.localhost')
    assert call.connected.is_set(), call.reason
    alice.say('standing@talk.localhost', 'x' * 200_000)
    await standing.goes_on()
    alice.say('standing@talk.localhost', 'short again')
    assert await standing.phones[1].until(lambda: [m for m in standing.phones[1].messages if 'short again' in m.body])


async def test_broken_jingle_gets_an_error(standing, user):
    alice = await user('alice')
    bad = ["<jingle xmlns='urn:xmpp:jingle:1'/>", "<jingle xmlns='urn:xmpp:jingle:1' action='dance' sid='x'/>",
           "<jingle xmlns='urn:xmpp:jingle:1' action='session-accept' sid='unknown'/>",
           "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='x'/>",
           "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='y'><content creator='initiator' name='0'>"
           "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'><payload-type id='999999999999999999999'/>"
           "</description></content></jingle>"]
    for jingle in bad:
        done = asyncio.get_running_loop().create_future()

        def seen(iq, done=done):
            if not done.done():
                done.set_result(iq)
        iq = alice.make_iq_set(ito='demo@talk.localhost')
        iq.append(ET.fromstring(jingle))
        iq.send(callback=seen, timeout=8)
        answer = await asyncio.wait_for(done, 10)
        ended = answer['type'] == 'result' and await alice.wait_event(
            lambda e: e['ev'] == 'unknown-session' and e['action'] == 'session-terminate', 5)
        assert answer['type'] == 'error' or ended, (jingle, answer)


@pytest.fixture(scope='module')
async def distrusted(stack, tmp_path_factory):
    """A Confab of its own on other ports, and its XMPP server, which is not to be trusted."""
    server = await ComponentServer(15347).start()
    confab = Confab(str(tmp_path_factory.mktemp('private')), {
        'CONFAB_SIP_PORT': '15060', 'CONFAB_XMPP_PORT': '15347', 'CONFAB_MEDIA_ICE_PORT': '15100',
        'CONFAB_MEDIA_RTP_PORTS': '15200-15400'})
    yield server, confab
    if confab.running:
        assert await confab.stop() == 0
    await server.stop()


@pytest.fixture
async def private(distrusted, kept):
    server, confab = distrusted
    if not confab.running:
        await confab.start()
        kept.pop('private', None)
    if 'private' not in kept:
        kept['private'] = await StandingCall(confab).begin(15060)
    assert await server.until(lambda: len(server.connections) == 3), server.connections
    kept['private'].mark()
    yield server, kept['private']
    await kept['private'].goes_on()


BAD_XML = {
    'not well-formed': b"<message from='alice@localhost/x' to='standing@talk.localhost'><body>a</bdy></message>",
    'no xml': b'\x00\x01\x02 what is this <<<<',
    'an entity': b"<!DOCTYPE x [<!ENTITY a 'b'>]><message to='standing@talk.localhost'><body>&a;</body></message>",
    'no utf-8': b"<message from='alice@localhost/x' to='standing@talk.localhost'><body>\xff\xfe</body></message>",
    'deep': b"<iq type='get' from='a@b/c' to='standing@talk.localhost' id='1'>" + b'<a>' * 20_000,
    '1 MB': b"<message from='alice@localhost/x' to='standing@talk.localhost' type='chat'><body>" + b'x' * 1_000_000
            + b'</body></message>',
    'never ending': b"<message from='alice@localhost/x' to='standing@talk.localhost'><body>" + b'x' * 3_000_000,
    'an attribute': b"<message from='alice@localhost/x' to='standing@talk.localhost' id='" + b'x' * 1_000_000 + b"'/>",
}


# Too large, and yet XML: the stream may end or the stanza be left out.
TOLERABLE = {'1 MB', 'an attribute'}


@pytest.mark.parametrize('what', BAD_XML)
async def test_bad_xml_on_the_component_stream(private, what):
    server, standing = private
    before = server.connections['talk.localhost']
    await server.send('talk.localhost', BAD_XML[what])
    await standing.goes_on()

    async def well():
        with contextlib.suppress(Exception):
            return await asyncio.wait_for(server.answers('talk.localhost', 'demo@talk.localhost'), 2)
    end = asyncio.get_running_loop().time() + 40
    while not await well():
        assert asyncio.get_running_loop().time() < end, 'the component does not come back: ' + \
            standing.confab.output()[-3000:]
    if what not in TOLERABLE:
        assert server.connections['talk.localhost'] > before, 'a stream that is broken is to be closed'
    assert await server.answers('rooms.localhost')
    if what not in TOLERABLE:
        await standing.is_logged('component talk.localhost is (not connected|down)')


async def test_stanzas_from_nowhere_to_nowhere(private):
    server, standing = private
    before = server.connections['talk.localhost']
    for stanza in ("<message/>", "<presence/>", "<iq/>", "<iq type='get' id='1'/>",
                   "<iq type='set' to='@' from='@@@'/>", "<message to='standing@talk.localhost'/>",
                   "<presence to='standing@talk.localhost' type='subscribe'/>",
                   "<iq type='result' id='x' from='a@b/c' to='standing@talk.localhost'/>", "<unheard-of xmlns='x:y'/>",
                   "<presence from='a@b/c' to='standing@talk.localhost' type='dancing'/>",
                   "<message from='%s@b/c' to='standing@talk.localhost'><body>x</body></message>" % ('a' * 5000),
                   "<message from='a@b/c' to='%s@talk.localhost' type='chat'><body>x</body></message>" % ('a' * 10000)):
        await server.send('talk.localhost', stanza.encode())
    assert await server.answers('talk.localhost', 'demo@talk.localhost')
    assert server.connections['talk.localhost'] == before


async def test_what_was_sent_to_the_muc_cannot_be_forged_from_outside(private):
    server, standing = private
    await server.send('rooms.localhost', b"<message from='eve@evil.example/x' to='standing@rooms.localhost' "
                                         b"type='groupchat' id='f1'><body>forged</body></message>")
    assert await server.until(lambda: 'not-acceptable' in server.received['rooms.localhost'])
    await never(lambda: any('forged' in m.body for p in standing.phones for m in p.messages), 0.5)
