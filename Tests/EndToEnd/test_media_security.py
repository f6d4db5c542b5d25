"""What protects the media of SIP calls: SDES, DTLS-SRTP without and with ICE, in both directions, and the least that
is accepted."""
import asyncio
import os
import shutil

import pytest

from harness.certificates import Authority
from harness.expectations import all_heard, eventually, hears
from harness.server import Confab, Stack, until
from harness.sip_phone import sdp

# baresip's name for it, ICE, rtcp-mux
WAYS = {'sdes': ('srtp-mand', False, False), 'dtls': ('dtls_srtp', False, False), 'dtls-mux': ('dtls_srtp', False, True),
        'ice': ('dtls_srtp', True, True), 'opportunistic': ('srtp', False, False)}


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp('certificates')))


@pytest.fixture(scope='module')
async def stack(request, authority):
    """Every route offers something else."""
    s = Stack(request.module.__name__)
    certificate, key = authority.issue('confab', 'DNS:talk.localhost', 'IP:127.0.0.1')
    shutil.copy(certificate, os.path.join(s.directory, 'confab.crt'))
    shutil.copy(key, os.path.join(s.directory, 'confab.key'))
    routes = ['%d 127.0.0.1:%d;security=%s' % (100 + n, 5180 + 10 * n, offer)
              for n, offer in enumerate(['opportunistic', 'sdes', 'dtls', 'ice'])]
    s.confab = Confab(s.directory, {
        'CONFAB_GATEWAY_ROUTES': ','.join(routes), 'CONFAB_SIP_TLS_CERTIFICATE': os.path.join(s.directory, 'confab.crt'),
        'CONFAB_SIP_TLS_KEY': os.path.join(s.directory, 'confab.key')})
    async with s:
        yield s


async def both_hear(call, b):
    await asyncio.sleep(1.5)
    heard = await all_heard(2, call, b)
    hears('dora', heard[0], {440: -6}, absent=[500])
    hears('baresip', heard[1], {500: -12}, absent=[440])


def media_lines(trace):
    return [line.strip() for line in trace.splitlines() if line.startswith('m=audio')]


def shows(b, way):
    """What stands in the descriptions, and what baresip says of the handshake."""
    trace = b.trace()
    if way == 'sdes':
        assert trace.count('a=crypto:') >= 2 and all('RTP/SAVP ' in m for m in media_lines(trace)), media_lines(trace)
    elif way == 'opportunistic':
        assert trace.count('a=crypto:') >= 2 and all('RTP/AVP ' in m for m in media_lines(trace)), media_lines(trace)
    else:
        assert trace.count('a=fingerprint:') >= 2, media_lines(trace)
        assert 'DTLS-SRTP complete (audio/RTP)' in trace
        if way == 'dtls':
            assert 'DTLS-SRTP complete (audio/RTCP)' in trace
    assert ('a=candidate' in trace) == (way == 'ice')


@pytest.mark.parametrize('way', WAYS)
async def test_baresip_calls_a_room(phone, room, baresip, way):
    encryption, ice, mux = WAYS[way]
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    b = await baresip('berta', 440, encryption=encryption, ice=ice, mux=mux)
    await b.call('sip:%s@127.0.0.1' % room)
    await both_hear(call, b)
    shows(b, way)
    await b.command('hold')
    await asyncio.sleep(0.5)
    await b.command('resume')
    await both_hear(call, b)


@pytest.mark.parametrize('number, way', [(100, 'opportunistic'), (101, 'sdes'), (102, 'dtls'), (102, 'dtls-mux'), (103, 'ice')])
async def test_a_room_calls_baresip(phone, room, baresip, number, way):
    encryption, ice, mux = WAYS[way]
    b = await baresip(str(number), 440, port=5180 + 10 * (number - 100), encryption=encryption, ice=ice, mux=mux)
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    assert (await call.ask('REFER', [('Refer-To', '<sip:%d@talk.localhost>' % number)])).status == 202
    assert await b.wait('CALL_INCOMING'), b.types()
    await b.command('accept')
    assert await b.wait('CALL_ESTABLISHED'), b.types()
    await both_hear(call, b)
    shows(b, way)


@pytest.mark.parametrize('number', [101, 102, 103])
async def test_who_cannot_take_it_is_called_again_in_the_clear(phone, room, baresip, number):
    b = await baresip(str(number), 440, port=5180 + 10 * (number - 100))
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    await call.ask('REFER', [('Refer-To', '<sip:%d@talk.localhost>' % number)])
    await until(lambda: 'CALL_INCOMING' in b.types() and '\nm=audio' in b.trace(), 5, b.trace)
    await b.command('accept')
    assert await b.wait('CALL_ESTABLISHED'), b.types()
    await both_hear(call, b)


async def test_an_xmpp_user_calls_a_phone_with_dtls(user, baresip):
    b = await baresip('102', 440, port=5200, encryption='dtls_srtp', mux=True)
    alice = await user('alice', tone='1000')
    call = await alice.call('102@sip.localhost', wait=False)
    assert await b.wait('CALL_INCOMING'), b.types()
    await b.command('accept')
    assert await alice.wait_connected(call)
    await asyncio.sleep(2)
    heard = await all_heard(2, call, b)
    hears('alice', heard[0], {440: -6}, absent=[1000])
    hears('baresip', heard[1], {1000: -12}, absent=[440])
    shows(b, 'dtls-mux')


async def test_sdes_over_tls(phone, room, baresip):
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    b = await baresip('berta', 440, transport='tls', encryption='srtp-mand')
    await b.call('sip:%s@127.0.0.1:5061;transport=tls' % room)
    await both_hear(call, b)
    shows(b, 'sdes')


@pytest.mark.parametrize('what', ['codecs', 'media', 'candidates', 'keys', 'numbers'])
async def test_two_hundred_of_each_thing(phone, room, stack, what):
    dora, eve = await phone('dora'), await phone('eve')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    body = sdp('127.0.0.1', 40000)
    body = {
        'codecs': body.replace('AVP 0', 'AVP ' + ' '.join(str(n % 128) for n in range(200))),
        'media': body + 'm=audio 40002 RTP/AVP 0\r\n' * 200,
        'candidates': body + ''.join('a=candidate:%d 1 UDP %d 127.0.0.1 %d typ host\r\n' % (n, n, n) for n in range(200)),
        'keys': body + ''.join('a=crypto:%d AES_CM_128_HMAC_SHA1_80 inline:%s\r\n' % (n, 'A' * 40) for n in range(200)),
        'numbers': body.replace('m=audio 40000', 'm=audio 99999999999999999999'),
    }[what]
    response = await eve.ask('INVITE', 'sip:%s@127.0.0.1' % room, [('Contact', eve.contact), ('Content-Type', 'application/sdp')],
                             body)
    assert response.status == {'codecs': 200, 'candidates': 200}.get(what, 400), response
    assert stack.confab.running
    assert (await call.say('hello')).status < 300


# -- the least

@pytest.fixture
async def strict(stack):
    """Another Confab, for one test, that wants more."""
    made = []

    async def make(least):
        directory = os.path.join(stack.directory, least)
        os.makedirs(directory, exist_ok=True)
        made.append(Confab(directory, {
            'CONFAB_SIP_PORT': '5360', 'CONFAB_SIP_TLS_PORT': '5361', 'CONFAB_SIP_LEAST_SECURITY': least,
            'CONFAB_SIP_TLS_CERTIFICATE': os.path.join(stack.directory, 'confab.crt'),
            'CONFAB_SIP_TLS_KEY': os.path.join(stack.directory, 'confab.key'),
            'CONFAB_MEDIA_ICE_PORT': '10360', 'CONFAB_MEDIA_RTP_PORTS': '21000-21100'}, ['--no-xmpp']))
        await made[-1].start()
        return made[-1]
    yield make
    for c in made:
        await c.stop()


@pytest.mark.parametrize('least, refused, taken', [
    ('encrypted', [('', 'udp')], [('srtp-mand', 'udp')]),
    ('protected-keys', [('srtp-mand', 'udp')], [('srtp-mand', 'tls'), ('dtls_srtp', 'udp')]),
    ('dtls', [('srtp-mand', 'tls')], [('dtls_srtp', 'udp')])])
async def test_what_is_less_than_the_least_is_488(strict, baresip, least, refused, taken):
    confab = await strict(least)
    for encryption, transport in refused + taken:
        b = await baresip('berta%d' % len(encryption + transport), 440, encryption=encryption,
                          transport=transport if transport == 'tls' else '')
        await b.dial('sip:strict@127.0.0.1:%s' % ('5361;transport=tls' if transport == 'tls' else '5360'))
        if (encryption, transport) in taken:
            assert await b.wait('CALL_ESTABLISHED'), b.trace()[-3000:]
        else:
            assert await b.wait('CALL_CLOSED'), b.types()
            assert 'SIP/2.0 488' in b.trace() and 'Warning: 399' in b.trace()
            await eventually(lambda: 'less than sip.least-security' in confab.output())
        await b.stop()


async def test_an_offer_of_protection_that_is_refused_is_not_repeated_where_it_must_be(strict, phone):
    """Nobody to call but by the default of `least`: SDES, and no second try."""
    confab = await strict('encrypted')
    dora = await phone('dora', server=('127.0.0.1', 5360))
    response = await dora.ask('INVITE', 'sip:room@127.0.0.1:5360', [('Contact', dora.contact)])
    assert response.status == 200 and 'RTP/SAVP ' in response.body and 'a=crypto:1 ' in response.body
    assert confab.running
