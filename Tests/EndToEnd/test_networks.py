"""NAT, TURN and STUN, and both families of addresses."""
import asyncio
import os
import re
import shutil
import time

import aioice.ice
import pytest

from harness.certificates import Authority
from harness.expectations import all_heard, eventually, hears
from harness.media import set_ice_hosts
from harness.network import INSIDE, INTERNET, OUTSIDE, Coturn, InnerConfab, Network, why_not
from harness.server import TOP, Confab, Prosody

SETTLE = 1.5
REASON = why_not()
pytestmark = pytest.mark.skipif(
    bool(REASON), reason='NO NETWORK NAMESPACES HERE, SO NOTHING OF NAT AND TURN IS TESTED: %s' % REASON)

PROSODY = '''
    modules_enabled = { "turn_external" }
    turn_external_host = "%s"
    turn_external_secret = "%s"
    external_service_access = { "localhost"; "talk.localhost" }
''' % (INTERNET, Coturn.SECRET)


class Place:
    """An XMPP server and coturn on the Internet, and Confab wherever a test wants it."""

    def __init__(self, name, server=Prosody):
        self.directory = os.path.join(TOP, 'var/end-to-end', name)
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        with open(os.path.join(self.directory, 'localhost.cfg.lua'), 'w') as f:
            f.write(PROSODY)
        self.prosody, self.confab = server(self.directory), None
        self.authority = Authority(os.path.join(self.directory, 'certificates'))
        self.coturn = Coturn(self.directory, *self.authority.issue('turn', 'IP:' + INTERNET))
        self.network, self.component = Network(), None

    async def start(self):
        self.network.up()
        await self.coturn.start()
        await self.prosody.start()
        self.component = await self.network.forward(5347)

    async def serve(self, kind, **settings):
        """Starts Confab: `Confab` out here, `InnerConfab` behind the NAT."""
        before = self.prosody.authenticated()
        self.confab = kind(self.directory, settings)
        await self.confab.start()
        await eventually(lambda: self.prosody.authenticated() >= before + 3, 90, self.confab.output)

    async def stop(self):
        if self.component:
            self.component.close()
        await self.prosody.stop()
        await self.coturn.stop()
        self.network.down()


@pytest.fixture(scope='module')
async def stack(request):
    place = Place(request.module.__name__)
    try:
        await place.start()
        yield place
    finally:
        await place.stop()


@pytest.fixture
async def serve(stack):
    yield stack.serve
    status = await stack.confab.stop()
    assert status == 0, stack.confab.output()[-3000:]


async def allocated(stack, scheme):
    """Confab has a relayed address."""
    await eventually(lambda: re.search(r'\d at the TURN server %s:' % scheme, stack.confab.output()), 30,
                     stack.confab.output)


def pair(call):
    """The two candidates between which a client's media goes."""
    return call.pc.getTransceivers()[0].sender.transport.transport._connection._nominated[1]


async def tones_both_ways(sip, call):
    await asyncio.sleep(SETTLE)
    heard = await all_heard(2, sip, call)
    hears('SIP', heard[0], {1000: -12}, absent=[620])
    hears('Jingle', heard[1], {620: -12}, absent=[1000])


async def test_a_client_that_reaches_nothing_but_its_turn_server_is_in_the_call(stack, serve, phone, user, room):
    await serve(Confab)
    stack.network.lets_through(['-d', INTERNET, '--dport', '3478'], symmetric=True)
    dora = await phone('dora')
    sip = await dora.call('sip:%s@127.0.0.1' % room, tone=620)
    alice = await user('alice', tone='1000', ice_servers=stack.coturn.for_clients())
    set_ice_hosts([INSIDE])
    with stack.network.inside():
        call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    assert pair(call).local_candidate.type == 'relay'
    await tones_both_ways(sip, call)


async def test_who_does_not_answer_any_more_is_taken_out_after_half_a_minute(
        stack, serve, user, room, monkeypatch):
    """Consent (RFC 7675), by way of a relay; the client itself is more patient."""
    monkeypatch.setattr(aioice.ice, 'CONSENT_FAILURES', 1000)
    await serve(Confab)
    stack.network.lets_through(['-d', INTERNET, '--dport', '3478'])
    alice = await user('alice', tone='1000', ice_servers=stack.coturn.for_clients())
    set_ice_hosts([INSIDE])
    with stack.network.inside():
        call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    stack.network.lets_through()
    start = time.monotonic()
    await asyncio.wait_for(call.ended.wait(), 60)
    assert call.reason == 'connectivity-error' and 24 < time.monotonic() - start < 45


async def inner_call(stack, phone, user, room):
    """A phone beside Confab, behind the NAT, and a client outside."""
    with stack.network.inside():
        dora = await phone('dora')
        sip = await dora.call('sip:%s@127.0.0.1' % room, tone=620)
    alice = await user('alice', tone='1000')
    set_ice_hosts([INTERNET])
    call = await alice.call(room + '@talk.localhost')
    assert call.connected.is_set(), call.reason
    return sip, call


async def test_behind_a_nat_that_lets_nothing_in_confab_is_reached_by_its_relay(stack, serve, phone, user, room):
    """The server and the credentials are the XMPP server's to tell."""
    stack.network.lets_through(['-d', INTERNET, '--dport', '3478'], symmetric=True)
    await serve(InnerConfab, CONFAB_ICE_XMPP_SERVER='localhost', CONFAB_MEDIA_LOOPBACK='false')
    await allocated(stack, 'turn')
    sip, call = await inner_call(stack, phone, user, room)
    remote = pair(call).remote_candidate
    assert remote.type == 'relay' and remote.port in Coturn.PORTS, remote
    await tones_both_ways(sip, call)
    await call.terminate()
    await stack.confab.stop()
    await eventually(lambda: 'allocation' in stack.coturn.output() and 'deleted' in stack.coturn.output(), 10,
                     'the allocation was not given back')


async def test_after_kill_nine_the_relay_is_there_again(stack, serve):
    """Though the server still has the allocation of the one that died, for the same address and port."""
    stack.network.lets_through([])
    await serve(InnerConfab, CONFAB_ICE_SERVERS='turn:' + INTERNET, CONFAB_ICE_SHARED_SECRET=Coturn.SECRET)
    await allocated(stack, 'turn')
    await stack.confab.kill()
    await stack.confab.start()
    await allocated(stack, 'turn')


async def test_without_udp_the_relay_is_reached_by_tls(stack, serve, phone, user, room):
    stack.network.lets_through()
    await serve(InnerConfab, CONFAB_ICE_SERVERS='turns:%s' % INTERNET, CONFAB_ICE_SHARED_SECRET=Coturn.SECRET,
                CONFAB_ICE_AUTHORITIES=stack.authority.certificate, CONFAB_MEDIA_LOOPBACK='false')
    await allocated(stack, 'turns')
    sip, call = await inner_call(stack, phone, user, room)
    assert pair(call).remote_candidate.type == 'relay'
    await tones_both_ways(sip, call)


async def test_behind_a_friendly_nat_a_stun_server_is_enough(stack, serve, phone, user, room):
    stack.network.lets_through([])
    await serve(InnerConfab, CONFAB_ICE_SERVERS='stun:%s' % INTERNET, CONFAB_MEDIA_LOOPBACK='false')
    await eventually(lambda: 'is seen as ' + OUTSIDE in stack.confab.output(), 30, stack.confab.output)
    sip, call = await inner_call(stack, phone, user, room)
    remote = pair(call).remote_candidate
    assert remote.type == 'srflx' and remote.host == OUTSIDE, remote
    await tones_both_ways(sip, call)


async def test_who_has_only_ipv6_and_who_has_only_ipv4_meet(stack, serve, phone, user, room):
    await serve(Confab)
    six = await phone('six', ip='::1', server=('::1', 5060))
    sip = await six.call('sip:%s@talk.localhost' % room, tone=620)
    assert sip.rtp.remote[0] == '::1'
    calls = []
    for name, tone, host in (('alice', '1000', '::1'), ('bob', '1450', '127.0.0.1')):
        client = await user(name, tone=tone)
        set_ice_hosts([host])
        calls.append(await client.call(room + '@talk.localhost'))
        assert calls[-1].connected.is_set(), calls[-1].reason
        assert (':' in pair(calls[-1]).remote_candidate.host) == (':' in host)
    await asyncio.sleep(SETTLE)
    heard = await all_heard(2, sip, *calls)
    hears('SIP, IPv6,', heard[0], {1000: -12, 1450: -12}, absent=[620])
    hears('Jingle, IPv6,', heard[1], {620: -12, 1450: -12}, absent=[1000])
    hears('Jingle, IPv4,', heard[2], {620: -12, 1000: -12}, absent=[1450])
