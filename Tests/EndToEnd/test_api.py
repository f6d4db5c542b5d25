"""The HTTP API: calls across the gateway seen, added to, and ended."""
import asyncio
import socket
import time

import pytest

from harness.api import ADDRESS, SETTINGS, TOKEN, ask
from harness.expectations import all_heard, eventually, hears
from harness.in_call import answer
from harness.server import Confab, Stack

GATEWAY = '100@sip.localhost'


@pytest.fixture(scope='module')
async def stack(request):
    s = Stack(request.module.__name__)
    s.confab = Confab(s.directory, dict(SETTINGS, CONFAB_GATEWAY_ROUTES='10? 127.0.0.1:5080,+49* 127.0.0.1:5080',
                                        CONFAB_GATEWAY_COUNTRY_CODE='49', CONFAB_GATEWAY_ALLOW='* national'))
    async with s:
        await eventually(lambda: 'api: listening on ' + ADDRESS in s.confab.output(), 10, 'no API')
        yield s
        # A client that stays, and one that says nothing, do not keep the server from ending.
        host, port = ADDRESS.split(':')
        idle = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
        idle[0][1].write(b'GET /v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n' % TOKEN.encode())
        assert (await idle[0][0].readline()).startswith(b'HTTP/1.1 200')
        began = time.monotonic()
    assert time.monotonic() - began < 10
    for _, writer in idle:
        writer.close()


async def bridged(phone, user):
    """Alice's client calls the phone 100. -> (her client, her call, the phone, its call)"""
    hundred = await phone('100', port=5080)
    alice = await user('alice', tone='1000')
    call = await alice.call(GATEWAY, wait=False)
    leg = await asyncio.wait_for(hundred.incoming.get(), 15)
    answer(leg, 440)
    assert await alice.wait_connected(call), call.reason
    await eventually(lambda: leg.rtp.received > 5, 10, 'the phone hears nothing')
    return alice, call, hundred, leg


async def three_hear_each_other(leg, third, call):
    """And nobody itself. A machine that has no time for a moment gets another chance."""
    for attempt in range(3):
        heard = await all_heard(1.2, leg, third, call)
        try:
            hears('the phone', heard[0], {1000: -12, 620: -12}, absent=[440])
            hears('the third', heard[1], {1000: -12, 440: -12}, absent=[620])
            hears('alice', heard[2], {440: -12, 620: -12}, absent=[1000])
            return
        except AssertionError:
            if attempt == 2:
                raise


async def test_a_third_is_called_in_and_the_call_is_ended(stack, phone, user):
    alice, call, hundred, leg = await bridged(phone, user)
    status, document, _ = await ask('GET', '/v1/calls')
    assert status == 200 and len(document['calls']) == 1, document
    mine = document['calls'][0]
    assert mine['state'] == 'connected' and mine['dialled'] == GATEWAY and 'room' not in mine, mine
    assert mine['caller']['address'].startswith('alice@localhost/') and mine['caller']['network'] == 'xmpp', mine
    assert mine['callee'] == {'address': '100@127.0.0.1:5080', 'network': 'sip'}, mine
    path = '/v1/calls/' + mine['id']

    # What the caller may not call is refused with the domain's words.
    status, problem, headers = await ask('POST', path + '/participants', {'address': '+49900123456'})
    assert status == 403 and headers['Content-Type'] == 'application/problem+json', (status, problem)
    assert problem['code'] == 'closed' and 'premium numbers are closed' in problem['detail'], problem

    status, added, _ = await ask('POST', path + '/participants', {'address': '101'})
    assert status == 202 and added['detail'].startswith('Calling 101'), added
    third = await asyncio.wait_for(hundred.incoming.get(), 15)
    answer(third, 620)
    await eventually(lambda: third.rtp.received > 5, 10, 'the third hears nothing')
    await asyncio.sleep(0.5)
    await three_hear_each_other(leg, third, call)

    status, grown, _ = await ask('GET', path)
    assert status == 200 and grown['room'], grown
    assert [p['status'] for p in grown['participants']] == ['connected'] * 3, grown
    assert (await ask('POST', path + '/participants', {'address': '101'}))[0] == 409

    # The third leaves: the same call, and two.
    await third.hang_up()
    for _ in range(50):
        _, two, _ = await ask('GET', path)
        if 'room' not in two:
            break
        await asyncio.sleep(0.1)
    assert 'room' not in two and len(two['participants']) == 2, two

    byes = []
    bye, hundred._bye = hundred._bye, lambda m, reply: (byes.append(m), bye(m, reply))
    assert (await ask('DELETE', path))[0] == 204
    await asyncio.wait_for(call.ended.wait(), 10)
    await asyncio.wait_for(leg.ended.wait(), 10)
    assert 'Ended by the operator' in byes[0].get('Reason'), byes
    assert call.reason == 'gone', call.reason
    assert (await ask('GET', path))[0] == 404
    assert (await ask('GET', '/v1/calls'))[1] == {'calls': []}


async def test_without_the_token_there_is_nothing(stack):
    status, problem, headers = await ask('GET', '/v1/calls', token='wrong')
    assert status == 401 and headers['WWW-Authenticate'].startswith('Bearer'), (status, problem)
    assert (await ask('GET', '/v1/calls', token=None))[0] == 401
    await eventually(lambda: 'api: wrong token from 127.0.0.1' in stack.confab.output(), 5, 'nothing in the log')
    assert 'a-token-of-the-tests-own' not in stack.confab.output()


async def test_what_is_no_request_ends_and_the_api_goes_on(stack):
    host, port = ADDRESS.split(':')
    for junk in (b'\x16\x03\x01\x00\x00garbage\r\n\r\n', b'GET / HTTP/1.1\r\nX: ' + b'x' * 20000 + b'\r\n\r\n',
                 b'POST /v1/calls/x/participants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token-of-the-tests-own'
                 b'\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n' + b'x' * 9000):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(junk)
        answer_ = await asyncio.wait_for(reader.read(), 10)
        assert not answer_ or answer_.startswith((b'HTTP/1.1 400', b'HTTP/1.1 413')), answer_
        writer.close()
    assert (await ask('GET', '/v1/calls'))[0] == 200


async def test_a_port_that_is_taken_is_named(stack):
    """Of a second server, which has another SIP port."""
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        address = '127.0.0.1:%d' % taken.getsockname()[1]
        other = Confab(stack.directory + '/', dict(
            SETTINGS, CONFAB_API_LISTEN=address, CONFAB_SIP_PORT='5091', CONFAB_MEDIA_ICE_PORT='10091',
            CONFAB_MEDIA_RTP_PORTS='21000-21100', CONFAB_STORAGE_PATH=stack.directory + '/other.sqlite'),
            arguments=['--no-xmpp'])
        other.log = stack.directory + '/other.log'
        other.launch_only()
        assert await asyncio.to_thread(other.child.wait, 20) == 1
        assert 'cannot listen on %s for the API' % address in other.output(), other.output()
