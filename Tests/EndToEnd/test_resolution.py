"""Where calls go: NAPTR, SRV, failover, TLS by the right name; and what peers beyond a NAT are told."""
import asyncio
import os
import struct

import pytest

from harness.certificates import Authority
from harness.dns_server import NameServer
from harness.expectations import all_heard, eventually, hears
from harness.secure_phone import EitherPhone, TLSServerPhone
from harness.server import Confab, Stack
from harness.sip_message import address

OUTSIDE = '203.0.113.9'


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(str(tmp_path_factory.mktemp('certificates')))


@pytest.fixture(scope='module')
async def names():
    server = await NameServer().start()
    yield server
    server.stop()


@pytest.fixture(scope='module')
async def stack(request, authority, names):
    """Behind a NAT of which only 127.0.0.1 and ::1 are inside; rooms may call anybody in the zone `test`."""
    s = Stack(request.module.__name__)
    certificate, key = authority.issue('confab', 'IP:127.0.0.1')
    s.confab = Confab(s.directory, {
        'CONFAB_GATEWAY_ROUTES': '*@*.test *,7?? 127.0.0.1:15999;transport=tls',
        'CONFAB_SIP_DNS_SERVERS': '%s:%d' % names.address,
        'CONFAB_SIP_TLS_CERTIFICATE': certificate, 'CONFAB_SIP_TLS_KEY': key,
        'CONFAB_SIP_TLS_AUTHORITIES': authority.certificate,
        'CONFAB_SIP_ADVERTISED_ADDRESS': OUTSIDE, 'CONFAB_SIP_LOCAL_NETWORKS': '127.0.0.1/32,::1/128'})
    async with s:
        yield s


def last_fragment(phone):
    said = [m.body.strip() for m in phone.notifies if 'refer' in m.get('Event')]
    return said[-1] if said and ' 1' not in said[-1][7:9] else None


async def test_a_dead_target_is_passed_over(phone, names, room):
    dora, frank = await phone('dora'), await phone('frank')
    names.add('_sip._udp.pbx.test', 'SRV', '1 0 15998 dead.test.', '2 0 %d alive.test.' % frank.port)
    names.add('dead.test', 'A', '127.0.0.1')
    names.add('alive.test', 'A', '127.0.0.1')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@pbx.test>')])).status == 202
    ringing = await asyncio.wait_for(frank.incoming.get(), 10)
    assert ringing.invite.uri == 'sip:frank@pbx.test'
    assert ('pbx.test', 'NAPTR') in names.asked
    ringing.answer(tone=800)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, ringing)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('frank', heard[1], {500: -12}, absent=[800])


async def test_a_target_with_too_much_to_do_is_passed_over(phone, names, room):
    dora, busy, frank = await phone('dora'), await phone('busy'), await phone('frank')
    names.add('_sip._udp.full.test', 'SRV', '1 0 %d alive.test.' % busy.port, '2 0 %d alive.test.' % frank.port)
    names.add('alive.test', 'A', '127.0.0.1')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@full.test>')])).status == 202
    (await asyncio.wait_for(busy.incoming.get(), 5)).reject(503, 'Service Unavailable')
    (await asyncio.wait_for(frank.incoming.get(), 5)).answer()
    assert await dora.until(lambda: last_fragment(dora) == 'SIP/2.0 200 OK')


async def test_naptr_leads_to_tls_and_the_certificate_is_for_the_domain(phone, keep, names, authority, room):
    dora = await phone('dora')
    context = authority.server(*authority.issue('secure', 'DNS:secure.test'))
    frank = await keep(TLSServerPhone('frank', context))
    names.add('secure.test', 'NAPTR', '20 10 "s" "SIP+D2U" "" _sip._udp.secure.test.',
              '10 10 "s" "SIPS+D2T" "" _sips._tcp.secure.test.')
    names.add('_sips._tcp.secure.test', 'SRV', '1 0 %d host.elsewhere.test.' % frank.port)
    names.add('host.elsewhere.test', 'A', '127.0.0.1')
    call = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@secure.test>')])).status == 202
    ringing = await asyncio.wait_for(frank.incoming.get(), 10)
    assert ringing.invite.get('Via').startswith('SIP/2.0/TLS 127.0.0.1:5061')
    assert ';keep' in ringing.invite.get('Via')
    assert address(ringing.invite.get('Contact')) == 'sip:%s@127.0.0.1:5061;transport=tls' % room
    ringing.answer(tone=800)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, ringing)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('frank by TLS', heard[1], {500: -12}, absent=[800])
    assert (await call.say('to the secure one')).status < 300
    assert await frank.until(lambda: [m for m in frank.messages if 'to the secure one' in m.body])
    assert frank.connections == 1, 'one connection carries the whole call'


async def test_a_callee_that_agreed_gets_keep_alives_and_is_given_up_without_answer(phone, keep, names, authority, room):
    dora = await phone('dora')
    frank = await keep(TLSServerPhone('frank', authority.server(*authority.issue('kept', 'DNS:kept.test')), keep=11))
    names.add('_sips._tcp.kept.test', 'SRV', '1 0 %d alive.test.' % frank.port)
    names.add('alive.test', 'A', '127.0.0.1')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@kept.test>')])).status == 202
    (await asyncio.wait_for(frank.incoming.get(), 10)).answer()
    await eventually(lambda: frank.pings, timeout=20)
    await asyncio.sleep(3)
    assert not frank.closed.is_set()
    frank.deaf = True
    await asyncio.wait_for(frank.closed.wait(), 40)


@pytest.mark.parametrize('wrong', ['name', 'authority'])
async def test_who_cannot_show_who_it_is_is_not_called(phone, keep, names, authority, tmp_path, room, wrong):
    dora = await phone('dora')
    other = Authority(str(tmp_path)) if wrong == 'authority' else authority
    name = 'bad-%s.test' % wrong
    subject = 'DNS:%s' % name if wrong == 'authority' else 'DNS:host.elsewhere.test'
    frank = await keep(TLSServerPhone('frank', authority.server(*other.issue('bad', subject))))
    names.add('_sips._tcp.' + name, 'SRV', '1 0 %d host.elsewhere.test.' % frank.port)
    names.add('host.elsewhere.test', 'A', '127.0.0.1')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@%s>' % name)])).status == 202
    assert await dora.until(lambda: last_fragment(dora)), 'nothing came of it'
    assert not last_fragment(dora).startswith('SIP/2.0 2'), last_fragment(dora)
    assert frank.incoming.empty()


async def test_a_route_may_name_the_transport(phone, keep, authority, room):
    dora = await phone('dora')
    frank = await keep(TLSServerPhone('frank', authority.server(*authority.issue('ip', 'IP:127.0.0.1')), port=15999))
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.ask('REFER', [('Refer-To', '<sip:700@sip.localhost>')])).status == 202
    ringing = await asyncio.wait_for(frank.incoming.get(), 5)
    assert ringing.invite.uri == 'sip:700@127.0.0.1:15999;transport=tls'
    assert 'transport' not in ringing.invite.get('To')
    ringing.answer()
    assert await dora.until(lambda: last_fragment(dora) == 'SIP/2.0 200 OK')


async def test_a_name_that_does_not_exist_is_not_found(phone, room):
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@nowhere.test>')])).status == 202
    assert await dora.until(lambda: last_fragment(dora)) == 'SIP/2.0 404 Not Found'


async def test_where_nothing_is_said_of_services_the_address_is_still_asked_for(phone, names, room):
    dora = await phone('dora')
    names.silent = lambda name, kind: name.endswith('quiet.test') and kind in ('NAPTR', 'SRV')
    names.add('quiet.test', 'A', '127.0.0.1')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@quiet.test>')])).status == 202
    assert await dora.until(lambda: ('quiet.test', 'A') in names.asked, 8)


async def test_a_search_without_answers_is_given_up_as_a_whole(phone, names, room):
    dora = await phone('dora')
    names.silent = lambda name, kind: name.endswith('silent.test')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    assert (await call.ask('REFER', [('Refer-To', '<sip:frank@silent.test>')])).status == 202
    assert await dora.until(lambda: last_fragment(dora), 12) == 'SIP/2.0 404 Not Found'


# -- Large requests

async def test_a_large_notify_goes_by_tcp_where_there_is_tcp(phone, keep, room):
    either, confined = await keep(EitherPhone('either')), await phone('confined')
    for n in range(4):
        await (await phone('caller%d' % n)).call('sip:%s@127.0.0.1' % room)
    for watcher in (either, confined):
        assert (await watcher.subscribe('sip:%s@127.0.0.1' % room)).status == 200
        large = await watcher.until(lambda: [m for m in watcher.notifies if '<user-count>4</user-count>' in m.body])
        assert large and len(large[0].encode()) > 1300
        assert large[0].get('Via').startswith('SIP/2.0/TCP' if watcher is either else 'SIP/2.0/UDP')
    assert either.by_tcp
    assert len(confined.notifies) == 1, 'it came once, by UDP'


# -- NAT

async def test_a_peer_outside_is_told_the_advertised_address(phone, room):
    inside = await (await phone('inside')).call('sip:%s@127.0.0.1' % room)
    assert address(inside.response.get('Contact')) == 'sip:%s@127.0.0.1:5060' % room
    assert 'c=IN IP4 127.0.0.1' in inside.response.body
    outside = await (await phone('outside', ip='127.0.0.2')).call('sip:%s@127.0.0.1' % room)
    assert address(outside.response.get('Contact')) == 'sip:%s@%s:5060' % (room, OUTSIDE)
    assert 'c=IN IP4 %s\r\n' % OUTSIDE in outside.response.body
    assert (await outside.hang_up()).status == 200


async def test_an_ipv6_call_is_described_as_one(phone, room):
    call = await (await phone('dora', ip='::1', server=('::1', 5060))).call('sip:%s@[::1]' % room)
    assert address(call.response.get('Contact')) == 'sip:%s@[::1]:5060' % room
    assert 'c=IN IP6 ::1' in call.response.body
    assert (await call.hang_up()).status == 200


async def test_stun_keeps_a_udp_mapping_alive(stack):
    answers = asyncio.Queue()

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data, source):
            answers.put_nowait(data)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Client, remote_addr=('127.0.0.1', 5060))
    try:
        identity = os.urandom(12)
        transport.sendto(struct.pack('!HHI', 1, 0, 0x2112A442) + identity)
        answer = await asyncio.wait_for(answers.get(), 5)
        assert answer[:2] == b'\x01\x01' and answer[8:20] == identity
        port = transport.get_extra_info('sockname')[1]
        assert struct.pack('!HHBBH', 0x20, 8, 0, 1, port ^ 0x2112) in answer
        transport.sendto(struct.pack('!HHI', 0x11, 0, 0x2112A442) + identity)
        transport.sendto(b'\x00\x01')
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(answers.get(), 0.5)
    finally:
        transport.close()
