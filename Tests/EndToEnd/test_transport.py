"""How SIP is carried: TLS, WebSockets, keep-alives, IPv6, and what happens to connections that mean no good."""
import asyncio
import contextlib
import os
import shutil
import ssl
import subprocess

import pytest

from harness.certificates import Authority
from harness.expectations import all_heard, eventually, hears
from harness.secure_phone import TLSPhone, WebSocketPhone
from harness.server import Confab, Stack
from harness.sip_message import address
from harness.web_socket import PING, TEXT, WebSocket


@pytest.fixture(scope='module')
def authority(request, tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp('certificates')))


@pytest.fixture(scope='module')
async def stack(request, authority):
    s = Stack(request.module.__name__)
    certificate, key = authority.issue('confab', 'DNS:talk.localhost', 'IP:127.0.0.1', 'IP:::1')
    s.certificate, s.key = os.path.join(s.directory, 'confab.crt'), os.path.join(s.directory, 'confab.key')
    shutil.copy(certificate, s.certificate)
    shutil.copy(key, s.key)
    s.confab = Confab(s.directory, environment={
        'CONFAB_SIP_TLS_CERTIFICATE': s.certificate, 'CONFAB_SIP_TLS_KEY': s.key,
        'CONFAB_SIP_TLS_AUTHORITIES': authority.certificate, 'CONFAB_SIP_WEBSOCKET_ENABLED': 'true',
        'CONFAB_SIP_WEBSOCKET_ORIGINS': 'https://phone.example'})
    async with s:
        yield s


# -- TLS

@pytest.mark.parametrize('ip', ['127.0.0.1', '::1'])
async def test_a_call_comes_by_tls(phone, keep, authority, room, ip):
    host = '[%s]' % ip if ':' in ip else ip
    dora = await keep(TLSPhone('dora', authority.client(), server=(ip, 5061), ip=ip))
    emil = await phone('emil')
    a = await dora.call('sip:%s@%s;transport=tls' % (room, host), tone=500)
    b = await emil.call('sip:%s@127.0.0.1' % room, tone=800)
    assert address(a.response.get('Contact')) == 'sip:%s@%s:5061;transport=tls' % (room, host)
    assert a.response.get('Via').startswith('SIP/2.0/TLS')
    await asyncio.sleep(1)
    heard = await all_heard(1.5, a, b)
    hears('dora by TLS', heard[0], {800: -12}, absent=[500])
    hears('emil', heard[1], {500: -12}, absent=[800])
    assert (await emil.say('sip:%s@127.0.0.1' % room, 'for dora')).status < 300
    assert await dora.until(lambda: [m for m in dora.messages if 'for dora' in m.body])
    assert (await a.hang_up()).status == 200


async def test_sips_is_for_tls_alone(phone, keep, authority, room):
    dora = await keep(TLSPhone('dora', authority.client()))
    call = await dora.call('sips:%s@talk.localhost' % room)
    assert address(call.response.get('Contact')) == 'sips:%s@127.0.0.1:5061' % room
    emil = await phone('emil', transport='tcp')
    assert (await emil.ask('OPTIONS', 'sips:%s@talk.localhost' % room)).status == 416


async def test_baresip_calls_by_tls(baresip, phone, room):
    b = await baresip('opus', 440, transport='tls')
    await b.call('sip:%s@127.0.0.1:5061;transport=tls' % room)
    listener = await (await phone('emil')).call('sip:%s@127.0.0.1' % room, tone=800)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, listener, b)
    hears('emil', heard[0], {440: -6})
    assert any(abs(f - 800) < 10 for f, _ in heard[1]['peaks']), heard[1]


async def test_nothing_older_than_tls_1_2_is_spoken(stack, authority):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers('ALL:@SECLEVEL=0')
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection('127.0.0.1', 5061, ssl=old)


async def test_a_new_certificate_is_taken_while_calls_stand(stack, keep, authority, room):
    async def serial():
        _, writer = await asyncio.open_connection('127.0.0.1', 5061, ssl=authority.client())
        try:
            return writer.get_extra_info('peercert')['serialNumber']
        finally:
            writer.close()
    dora = await keep(TLSPhone('dora', authority.client()))
    call = await dora.call('sip:%s@127.0.0.1' % room)
    before = await serial()
    certificate, key = authority.issue('renewed', 'IP:127.0.0.1', 'IP:::1')
    shutil.copy(key, stack.key)
    await asyncio.sleep(6)
    assert await serial() == before, 'a key that does not fit is not taken'
    shutil.copy(certificate, stack.certificate)
    for _ in range(40):
        if (now := await serial()) != before:
            break
        await asyncio.sleep(0.5)
    assert now != before
    assert (await call.ask('OPTIONS')).status == 200


async def test_sipp_places_and_ends_calls_by_tcp(stack, room):
    directory = os.path.join(stack.directory, 'sipp')
    os.makedirs(directory, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        'sipp', '127.0.0.1:5060', '-sn', 'uac', '-s', room, '-t', 't1', '-i', '127.0.0.1', '-p', '5090', '-mp', '21000',
        '-m', '20', '-r', '10', '-d', '1000', '-timeout', '40', '-nostdin', cwd=directory, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, output.decode(errors='replace')[-3000:]


# -- WebSocket

@pytest.mark.parametrize('secure', [False, True])
async def test_a_browser_calls_and_writes_by_web_socket(phone, keep, authority, room, secure):
    server = ('127.0.0.1', 5067 if secure else 5066)
    dora = await keep(WebSocketPhone('dora', server, tls=authority.client() if secure else None))
    emil = await phone('emil')
    a = await dora.call('sip:%s@talk.localhost' % room, tone=500)
    b = await emil.call('sip:%s@127.0.0.1' % room, tone=800)
    assert address(a.response.get('Contact')) == 'sip:%s@127.0.0.1:%d;transport=ws' % (room, server[1])
    await asyncio.sleep(1)
    heard = await all_heard(1.5, a, b)
    hears('dora by WebSocket', heard[0], {800: -12}, absent=[500])
    hears('emil', heard[1], {500: -12}, absent=[800])
    assert (await dora.say('sip:%s@talk.localhost' % room, 'from the page')).status < 300
    assert await emil.until(lambda: [m for m in emil.messages if 'from the page' in m.body])
    long = 'to the page ' + 'x' * 5000
    assert (await dora.subscribe('sip:%s@talk.localhost' % room, call=a)).status in (200, 202)
    assert await dora.until(lambda: [m for m in dora.notifies if '<user-count>2</user-count>' in m.body])
    sender = await phone('frida', transport='tcp')
    c = await sender.call('sip:%s@127.0.0.1' % room)
    assert (await c.say(long)).status < 300
    assert await dora.until(lambda: [m for m in dora.messages if long in m.body])
    assert (await a.hang_up()).status == 200


async def test_a_call_whose_web_socket_is_gone_ends(phone, keep, room):
    emil = await phone('emil')
    await emil.call('sip:%s@127.0.0.1' % room)
    assert (await emil.subscribe('sip:%s@127.0.0.1' % room)).status in (200, 202)
    dora = await keep(WebSocketPhone('dora'))
    await dora.call('sip:%s@talk.localhost' % room)

    def count(n):
        return lambda: emil.notifies and '<user-count>%d</user-count>' % n in emil.notifies[-1].body
    assert await emil.until(count(2))
    dora.socket.close()
    assert await emil.until(count(1), timeout=45), 'the page that was closed is still in the room'


async def test_a_page_that_comes_back_keeps_its_call(phone, keep, room):
    dora = await keep(WebSocketPhone('dora'))
    call = await dora.call('sip:%s@talk.localhost' % room, tone=500)
    emil = await phone('emil')
    b = await emil.call('sip:%s@127.0.0.1' % room)
    dora.socket.close()
    await asyncio.sleep(1)
    await dora.start()
    assert await call.offer('sendrecv') == 'sendrecv'
    await asyncio.sleep(0.5)
    hears('emil', await b.heard(1.5), {500: -12})
    assert (await emil.say('sip:%s@127.0.0.1' % room, 'welcome back')).status < 300
    assert await dora.until(lambda: [m for m in dora.messages if 'welcome back' in m.body])


async def test_what_is_no_web_socket_for_sip_is_refused(stack):
    assert await WebSocket().connect('127.0.0.1', 5066, protocol=None) != 101
    assert await WebSocket().connect('127.0.0.1', 5066, protocol='chat') != 101
    assert await WebSocket().connect('127.0.0.1', 5066, origin='https://evil.example') != 101
    assert await WebSocket().connect('127.0.0.1', 5066, origin='https://phone.example') == 101
    reader, writer = await asyncio.open_connection('127.0.0.1', 5066)
    writer.write(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.startswith(b'HTTP/1.1 426'), answer


async def test_frames_are_joined_and_bad_ones_end_the_socket(stack, keep):
    dora = await keep(WebSocketPhone('dora'))
    options = dora.request('OPTIONS', 'sip:demo@talk.localhost')
    queue = dora.pending[(options.branch, 'OPTIONS')] = asyncio.Queue()
    data = options.encode()
    dora.socket.frame(TEXT, data[:20], fin=False)
    dora.socket.frame(0, data[20:50], fin=False)
    dora.socket.frame(PING, b'still there?')
    dora.socket.frame(0, data[50:])
    assert (await asyncio.wait_for(queue.get(), 5)).status == 200
    assert dora.socket.pongs == [b'still there?']

    async def ended(spoil):
        socket = WebSocket()
        assert await socket.connect('127.0.0.1', 5066) == 101
        spoil(socket)
        await asyncio.wait_for(socket.closed.wait(), 5)
        return socket.code
    await ended(lambda s: s.frame(TEXT, data, masked=False))
    await ended(lambda s: s.frame(0, b'nothing to go on with'))
    assert await ended(lambda s: s.frame(TEXT, b'x' * 400_000)) == 1009
    assert await ended(lambda s: [s.frame(0 if n else TEXT, b'x' * 100_000, fin=False) for n in range(4)]) == 1009
    assert (await dora.options('sip:demo@talk.localhost')).status == 200


# -- Keep-alive

@pytest.mark.parametrize('port', [5060, 5061])
async def test_a_double_line_end_is_answered(stack, authority, port):
    reader, writer = await asyncio.open_connection('127.0.0.1', port, ssl=authority.client() if port == 5061 else None)
    writer.write(b'\r\n\r\n')
    assert await asyncio.wait_for(reader.readexactly(2), 5) == b'\r\n'
    writer.write(b'\r\n\r\n\r\n\r\n')
    assert await asyncio.wait_for(reader.readexactly(4), 5) == b'\r\n\r\n'
    writer.close()


async def test_who_asks_whether_it_may_send_keep_alives_may(phone, room):
    dora = await phone('dora', transport='tcp')
    for method, granted in (('SUBSCRIBE', True), ('OPTIONS', False)):
        request = dora.request(method, 'sip:%s@127.0.0.1' % room, [('Event', 'conference')])
        request.headers[0] = ('Via', request.get('Via') + ';keep')
        answer = await dora.transact(request)
        assert ('keep=120' in answer.get('Via')) == granted, answer.get('Via')


# -- Connections that mean no good

async def test_connections_that_say_nothing_or_half_are_closed(stack, authority, keep, room):
    """All at once, as each takes its time: silence, half a TLS handshake, half a request, a GET that never ends."""
    async def end_of(port, first, tls=None):
        reader, writer = await asyncio.open_connection('127.0.0.1', port, ssl=tls)
        writer.write(first)
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 50)
        writer.close()

    async def drip():
        reader, writer = await asyncio.open_connection('127.0.0.1', 5060)
        ended = asyncio.ensure_future(reader.read())
        writer.write(b'OPTIONS sip:demo@127.0.0.1 SIP/2.0\r\n')
        for n in range(60):
            if ended.done():
                return
            with contextlib.suppress(ConnectionError):
                writer.write(b'X-Drip-%d: x\r\n' % n)
                await writer.drain()
            await asyncio.sleep(1)
        raise AssertionError('a header a second keeps a connection open for a minute')
    dora = await keep(TLSPhone('dora', authority.client()))
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    await asyncio.gather(
        end_of(5060, b''), end_of(5061, b''), end_of(5061, b'\x16\x03\x01\x02\x00\x01'), end_of(5066, b''),
        end_of(5066, b'GET / HTTP/1.1\r\nHost: x\r\n'), end_of(5067, b'', authority.client()), drip())
    assert (await call.ask('OPTIONS')).status == 200, 'a call is nothing idle'


async def test_a_message_that_is_too_long_ends_its_connection_alone(stack, keep, authority):
    dora = await keep(TLSPhone('dora', authority.client()))
    other = await keep(TLSPhone('other', authority.client()))
    other.writer.write(b'OPTIONS sip:demo@127.0.0.1 SIP/2.0\r\nContent-Length: 99999999\r\n\r\n')
    assert await asyncio.wait_for(other.tasks[0], 5) is None
    assert (await dora.options('sip:demo@127.0.0.1')).status == 200


async def test_a_thousand_idle_connections_leave_room_for_calls(stack, phone, room):
    idle = []
    try:
        for _ in range(1000):
            idle.append(await asyncio.open_connection('127.0.0.1', 5060))
        dora = await phone('dora', transport='tcp')
        call = await dora.call('sip:%s@127.0.0.1' % room)
        assert (await call.hang_up()).status == 200
    finally:
        for _, writer in idle:
            writer.close()
    await eventually(lambda: stack.confab.running)
