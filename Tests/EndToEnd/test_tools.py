"""The tools of these tests against each other, without Confab: what they send and measure is right."""
import asyncio

import pytest

from harness.baresip import Baresip
from harness.conference_info import Roster
from harness.expectations import all_heard, hears
from harness.media import set_ice_hosts
from harness.server import Prosody
from harness.sip_phone import Phone
from harness.xmpp_client import JingleClient, Options

HEAD = '<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:x@y" state="%s" version="%d">'
USER = '<user entity="sip:%s@y" state="full"><display-text>%s</display-text></user>'


@pytest.mark.parametrize('codec', ['PCMU', 'PCMA', 'G722'])
async def test_two_phones_hear_each_other(codec):
    async with Phone('dora') as dora, Phone('emil', server=('127.0.0.1', dora.port)) as emil:
        placed = asyncio.ensure_future(emil.call(dora.uri, codec, 800))
        call = await asyncio.wait_for(dora.incoming.get(), 5)
        call.answer(codec, 500, -20)
        other = await placed
        await asyncio.sleep(0.5)
        heard = await all_heard(1, call, other)
        hears('dora, ' + codec, heard[0], {800: -12}, absent=[500], within=1)
        hears('emil, ' + codec, heard[1], {500: -20}, absent=[800], within=1)
        assert (await other.hang_up()).status == 200
        await asyncio.wait_for(call.ended.wait(), 5)


@pytest.mark.parametrize('codec, spec', [('PCMU', 'PCMU/8000/1'), ('G722', 'G722/16000/1')])
async def test_baresip_and_a_phone_hear_each_other(codec, spec):
    async with Phone('dora') as dora, Baresip('berta', 5100, 440, spec) as b:
        await b.dial(dora.uri)
        call = await asyncio.wait_for(dora.incoming.get(), 5)
        call.ring()
        call.answer(codec, 700, -15)
        assert await b.wait('CALL_ESTABLISHED')
        await asyncio.sleep(0.5)
        heard = await all_heard(1.5, b, call)
        hears('baresip, ' + codec, heard[0], {700: -15}, absent=[440], within=1)
        hears('dora, ' + codec, heard[1], {440: b.SINE_LEVEL}, absent=[700], within=2)
        await b.hang_up()
        await asyncio.wait_for(call.ended.wait(), 5)


def test_partial_documents_change_what_full_ones_said():
    r = Roster()
    description = '<conference-description/><conference-state><user-count>%d</user-count></conference-state>'
    r.apply(HEAD % ('full', 1) + description % 2 + '<users>' + USER % ('a', 'A') + USER % ('b', 'B')
            + '</users></conference-info>')
    assert r.names() == ['A', 'B'] and r.count == 2
    r.apply(HEAD % ('partial', 2) + '<conference-state><user-count>1</user-count></conference-state>'
            '<users state="partial"><user entity="sip:a@y" state="deleted"/></users></conference-info>')
    assert r.names() == ['B'] and r.count == 1
    with pytest.raises(AssertionError):
        r.apply(HEAD % ('partial', 4) + '</conference-info>')
    with pytest.raises(AssertionError):
        r.apply(HEAD % ('full', 5) + '<nonsense/></conference-info>')


async def test_two_jingle_clients_hear_each_other(tmp_path):
    set_ice_hosts(['127.0.0.1'])
    prosody = Prosody(str(tmp_path))
    await prosody.start()
    alice, bob = (JingleClient(n + '@localhost/pc', 'demo', Options(ca=prosody.certificate, tone=t))
                  for n, t in (('alice', '440'), ('bob', '1000')))
    try:
        await alice.login('127.0.0.1', 5222)
        await bob.login('127.0.0.1', 5222)
        bob.auto = 'on'
        call = await alice.call('bob@localhost')
        assert call.connected.is_set(), call.reason
        other = next(iter(bob.calls.values()))
        assert await bob.wait_connected(other)
        await asyncio.sleep(1)
        heard = await all_heard(1.5, call, other)
        hears('alice', heard[0], {1000: -12}, absent=[440], within=1)
        hears('bob', heard[1], {440: -12}, absent=[1000], within=1)
        alice.say('bob@localhost', 'bye now')
        assert await bob.message('bye now')
        await call.terminate()
        await asyncio.wait_for(other.ended.wait(), 5)
        assert other.reason == 'success'
        assert not alice.violations + bob.violations + alice.failures + bob.failures
    finally:
        await alice.shutdown()
        await bob.shutdown()
        await prosody.stop()
