"""A bridged call: a Jingle client and a phone, each calling the other."""
import asyncio

import pytest

from harness.expectations import each_hears, eventually, hears
from harness.sip_phone import Call, RTPStream, sdp

GATEWAY = '100@sip.localhost'


def rang(user):
    return [e for e in user.events
            if e['ev'] == 'jmi' and e['what'] == 'ringing' or e['ev'] == 'session-info' and e['name'] == 'ringing']


async def placing(phone, uri):
    """A call begun, not awaited. -> (call, task that gives the final response)"""
    call = Call(phone, RTPStream('PCMU', tone=620), 'PCMU')
    request = phone.invitation(uri, sdp('127.0.0.1', call.rtp.port))
    call.begin(request)
    return call, asyncio.ensure_future(phone.transact(request, 60, call.provisionals.append))


async def next_call(phone, timeout=15):
    return await asyncio.wait_for(phone.incoming.get(), timeout)


# -- from Jingle

@pytest.mark.parametrize('direct', [False, True], ids=['proposed', 'direct'])
@pytest.mark.parametrize('ends', ['alice', 'phone'])
async def test_a_jingle_client_calls_a_phone(baresip, user, direct, ends):
    b = await baresip('100', 440, port=5080)
    alice = await user('alice', tone='1000')
    call = await alice.call(GATEWAY, direct=direct, wait=False)
    assert await b.wait('CALL_INCOMING'), b.types()
    await eventually(lambda: rang(alice), 10, 'alice is not told that it rings')
    assert not call.connected.is_set()
    await b.command('accept')
    assert await alice.wait_connected(call), call.reason

    await asyncio.sleep(1.5)
    await each_hears(2, ('the phone', b, {1000: -12}, [440]), ('alice', call, {440: -6}, [1000]))

    if ends == 'alice':
        await call.terminate()
        assert await b.wait('CALL_CLOSED')
    else:
        await b.hang_up()
        await asyncio.wait_for(call.ended.wait(), 10)
        assert call.reason == 'success'


@pytest.mark.parametrize('status, phrase, reason', [
    (486, 'Busy Here', 'busy'), (603, 'Decline', 'decline'), (404, 'Not Found', 'gone'),
    (480, 'Temporarily Unavailable', 'timeout'), (488, 'Not Acceptable Here', 'incompatible-parameters'),
    (500, 'Server Internal Error', 'general-error')])
async def test_a_phone_refuses_a_jingle_client(phone, user, status, phrase, reason):
    hundred = await phone('100', port=5080)
    alice = await user('alice')
    call = await alice.call(GATEWAY, wait=False)
    leg = await next_call(hundred)
    leg.ring()
    await eventually(lambda: rang(alice))
    leg.reject(status, phrase)
    await asyncio.wait_for(call.ended.wait(), 10)
    assert call.reason == reason


async def test_a_jingle_client_gives_up(phone, user):
    hundred = await phone('100', port=5080)
    alice = await user('alice')
    call = await alice.call(GATEWAY, wait=False)
    leg = await next_call(hundred)
    leg.ring()
    await eventually(lambda: rang(alice))
    await call.terminate()
    await asyncio.wait_for(leg.ended.wait(), 10)


async def test_the_phone_sees_who_calls(phone, user):
    hundred = await phone('100', port=5080)
    alice = await user('alice')
    await alice.call(GATEWAY, wait=False)
    leg = await next_call(hundred)
    assert 'sip:alice@localhost' in leg.invite.get('From')
    assert 'isfocus' not in leg.invite.get('Contact')
    leg.reject(486, 'Busy Here')


async def test_a_number_without_a_route_is_refused(user):
    alice = await user('alice')
    call = await alice.call('999@sip.localhost', wait=False)
    await asyncio.wait_for(call.ended.wait(), 10)
    assert not call.connected.is_set()


@pytest.mark.parametrize('direct', [False, True], ids=['proposed', 'direct'])
async def test_an_offer_of_video_alone_is_refused(phone, user, direct):
    hundred = await phone('100', port=5080)
    alice = await user('alice')
    call = await alice.call(GATEWAY, media=('video',), direct=direct, wait=False)
    await asyncio.wait_for(call.ended.wait(), 10)
    assert call.reason == ('unsupported-applications' if direct else 'reject')
    assert hundred.incoming.empty()


async def test_nobody_listens_where_the_route_leads(user):
    alice = await user('alice')
    call = await alice.call(GATEWAY, wait=False)
    await asyncio.wait_for(call.ended.wait(), 45)
    assert call.reason in ('timeout', 'general-error', 'gone', 'connectivity-error', 'reject'), call.reason


# -- from SIP

@pytest.mark.parametrize('ends', ['alice', 'phone'])
async def test_a_phone_calls_a_jingle_client(phone, user, ends):
    alice = await user('alice', tone='1000')
    dora = await phone('dora', display='Dora')
    call, answered = await placing(dora, 'sip:alice@localhost')
    incoming = await asyncio.wait_for(alice.incoming.get(), 15)
    assert incoming.via_jmi and incoming.peer.domain == 'sip.localhost'
    await eventually(lambda: any(r.status == 180 for r in call.provisionals), 10, 'the phone is not told that it rings')
    assert not answered.done()
    await incoming.accept()
    response = await asyncio.wait_for(answered, 20)
    assert response.status == 200 and 'isfocus' not in response.get('Contact')
    call.confirm(response)
    call.acknowledge()
    call.media(response.body)
    assert await alice.wait_connected(incoming), incoming.reason

    await asyncio.sleep(1.5)
    await each_hears(2, ('the phone', call, {1000: -12}, [620]), ('alice', incoming, {620: -12}, [1000]))

    if ends == 'alice':
        await incoming.terminate()
        await asyncio.wait_for(call.ended.wait(), 10)
    else:
        assert (await call.hang_up()).status == 200
        await asyncio.wait_for(incoming.ended.wait(), 10)
        assert incoming.reason == 'success'


async def test_baresip_calls_a_jingle_client(baresip, user):
    alice = await user('alice', tone='1000')
    alice.auto = 'on'
    b = await baresip('dora', 440, outbound='sip:127.0.0.1:5060')
    await b.call('sip:alice@localhost')
    call = await eventually(lambda: next(iter(alice.calls.values()), None))
    assert await alice.wait_connected(call), call.reason
    await asyncio.sleep(1.5)
    await each_hears(2, ('the phone', b, {1000: -12}, [440]), ('alice', call, {440: -6}, [1000]))


async def test_a_phone_hears_a_device_ring_that_does_not_say_so(phone, user):
    """Dino does not, and Conversations does so to contacts alone."""
    alice = await user('alice', no_ringing=True)
    dora = await phone('dora')
    call, answered = await placing(dora, 'sip:alice@localhost')
    await asyncio.wait_for(alice.incoming.get(), 15)
    await eventually(lambda: any(r.status == 180 for r in call.provisionals), 10, 'the phone is not told that it rings')
    assert not answered.done()
    await call.cancel()
    await asyncio.wait_for(answered, 10)


async def test_a_jingle_client_declines_a_phone(phone, user):
    alice = await user('alice')
    alice.auto = 'reject'
    dora = await phone('dora')
    _, answered = await placing(dora, 'sip:alice@localhost')
    assert (await asyncio.wait_for(answered, 15)).status == 603


async def test_a_busy_jingle_client_is_busy_for_the_phone(phone, user):
    alice = await user('alice')
    dora = await phone('dora')
    _, answered = await placing(dora, 'sip:alice@localhost')
    incoming = await asyncio.wait_for(alice.incoming.get(), 15)
    await incoming.refuse_busy()
    assert (await asyncio.wait_for(answered, 15)).status == 486


async def test_a_phone_gives_up(phone, user):
    alice = await user('alice')
    dora = await phone('dora')
    call, answered = await placing(dora, 'sip:alice@localhost')
    incoming = await asyncio.wait_for(alice.incoming.get(), 15)
    await eventually(lambda: call.provisionals)
    assert (await call.cancel()).status == 200
    assert (await asyncio.wait_for(answered, 10)).status == 487
    await asyncio.wait_for(incoming.ended.wait(), 10)
    assert incoming.reason == 'retract'


async def test_one_of_two_devices_answers(phone, user):
    here, there = await user('alice', 'here', tone='1000'), await user('alice', 'there')
    dora = await phone('dora')
    call, answered = await placing(dora, 'sip:alice@localhost')
    first = await asyncio.wait_for(here.incoming.get(), 15)
    await asyncio.wait_for(there.incoming.get(), 15)
    await first.accept()
    response = await asyncio.wait_for(answered, 20)
    assert response.status == 200
    call.confirm(response)
    call.acknowledge()
    call.media(response.body)
    assert await here.wait_connected(first)
    assert not any(c.offer is not None for c in there.calls.values())
    await asyncio.sleep(1)
    hears('the phone', await call.heard(1.5), {1000: -12})


async def test_a_user_there_is_not_cannot_be_reached(phone):
    _, answered = await placing(await phone('dora'), 'sip:nobody-of-that-name@localhost')
    assert (await asyncio.wait_for(answered, 10)).status in (404, 480)


async def test_a_user_who_is_away_does_not_answer(phone):
    """His server may keep the proposal for later, and push may wake a device; then only the caller can end it."""
    call, answered = await placing(await phone('dora'), 'sip:carol@localhost')
    done, _ = await asyncio.wait([answered], timeout=5)
    if done:
        assert answered.result().status in (404, 480), answered.result()
    else:
        assert any(r.status == 180 for r in call.provisionals)
        assert (await call.cancel()).status == 200
        assert (await asyncio.wait_for(answered, 10)).status == 487
