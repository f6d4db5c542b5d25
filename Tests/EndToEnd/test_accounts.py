"""Accounts: who has to prove what, where phones that registered are reached, and trunks that want a password."""
import asyncio
import hashlib
import os
import subprocess
import uuid

import pytest

from harness.baresip import Baresip
from harness.conference_info import by_sip
from harness.digest import challenges, register, signed
from harness.expectations import all_heard, eventually, hears
from harness.server import TOP, Confab, Stack
from harness.sip_message import address, parameter
from harness.sip_phone import Call, RTPStream, sdp
from harness.transfers import transfer

ACCOUNTS = '''
accounts:
  users:
    alice: wonderland
    bob:
      password: builder
      name: Bob the Builder
    carol:
      sha-256: %s
      md5: %s
''' % tuple(h(b'carol:talk.localhost:christmas').hexdigest() for h in (hashlib.sha256, hashlib.md5))


@pytest.fixture(scope='module')
async def stack(request):
    """The demo's settings, and accounts."""
    s = Stack(request.module.__name__)
    with open(os.path.join(TOP, 'config/demo.yaml')) as f:
        demo = f.read()
    config = os.path.join(s.directory, 'accounts.yaml')
    with open(config, 'w') as f:
        f.write(demo + ACCOUNTS)
    s.confab = Confab(s.directory, {
        'CONFAB_GATEWAY_ROUTES': '200 127.0.0.1:5080,300 127.0.0.1:5085',
        'CONFAB_GATEWAY_CREDENTIALS': '127.0.0.1:5080 confab secret,127.0.0.1:5085 confab wrong'}, config=config)
    async with s:
        yield s


async def at_home(phone, name, account, password, **kw):
    """A phone that has registered."""
    p = await phone(name, identity='sip:%s@talk.localhost' % account, **kw)
    _, response = await register(p, account, password)
    assert response.status == 200, response
    return p


async def proven_call(phone, uri, user, password, tone=None, expect=200):
    """A call with credentials."""
    call = Call(phone, RTPStream('PCMU', phone.ip, tone), 'PCMU')
    request = phone.invitation(uri, sdp(phone.ip, call.rtp.port))
    first = await phone.transact(request)
    assert first.status == 401, first
    request = signed(request, first, user, password)
    call.begin(request)
    call.cseq = request.cseq[0]
    response = await phone.transact(request, 30, call.provisionals.append)
    assert response.status == expect, response
    if response.status >= 300:
        call.close()
        return response
    call.confirm(response)
    call.acknowledge()
    call.media(response.body)
    return call


def statuses(watcher, name):
    for user in watcher.look().users.values():
        if user['name'] == name:
            return [e['status'] for e in user['endpoints'].values()]
    return []


# -- registering

@pytest.mark.parametrize('algorithm', ['SHA-256', 'MD5'])
async def test_a_phone_registers_asks_and_goes(phone, algorithm):
    desk = await phone('desk')
    first, response = await register(desk, 'alice', 'wonderland', algorithm)
    assert [c['algorithm'] for c in challenges(first)] == ['SHA-256', 'MD5']
    assert all(c['qop'] == 'auth' and c['realm'] == 'talk.localhost' for c in challenges(first))
    assert response.status == 200, response
    assert [address(c) for c in response.all('Contact')] == [desk.uri]
    assert parameter(response.get('Contact'), 'expires') == '300'
    _, short = await register(desk, 'alice', 'wonderland', algorithm, expires=10)
    assert (short.status, short.get('Min-Expires')) == (423, '60')
    _, gone = await register(desk, 'alice', 'wonderland', algorithm, expires=0)
    assert gone.status == 200 and not gone.all('Contact')
    # Of carol the server knows hashes alone.
    assert (await register(desk, 'carol', 'christmas', algorithm, expires=0))[1].status == 200


async def test_a_wrong_password_is_refused_and_many_are_not_even_looked_at(phone, stack):
    eve = await phone('eve', ip='127.0.0.2')
    for _ in range(10):
        _, response = await register(eve, 'alice', 'guess')
        assert response.status == 401 and challenges(response)[0].get('stale') is None, response
    _, barred = await register(eve, 'alice', 'wonderland')
    assert barred.status == 403 and barred.get('Retry-After'), barred
    desk = await phone('desk')
    assert (await register(desk, 'alice', 'wonderland'))[1].status == 200
    assert (await register(desk, 'alice', 'wonderland', expires=0))[1].status == 200
    assert 'guess' not in stack.confab.output() and 'wonderland' not in stack.confab.output()


# -- who one is

async def test_an_address_of_ours_is_proven_or_not_had(phone, room):
    eve = await phone('eve', identity='sip:alice@talk.localhost')
    await eve.call('sip:%s@127.0.0.1' % room, expect=401)
    assert (await eve.say('sip:%s@127.0.0.1' % room, 'hello')).status == 401
    assert (await eve.subscribe('sip:%s@127.0.0.1' % room)).status == 401
    assert (await eve.ask('REFER', 'sip:%s@127.0.0.1' % room, [('Refer-To', '<sip:bob@talk.localhost>')])).status == 401
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    await call.hang_up()


async def test_what_was_captured_cannot_be_used_again(phone, room):
    alice = await phone('alice', identity='sip:alice@talk.localhost')
    await proven_call(alice, 'sip:%s@127.0.0.1' % room, 'alice', 'wonderland')
    first = await alice.ask('MESSAGE', 'sip:%s@127.0.0.1' % room, [('Content-Type', 'text/plain')], 'x')
    text = signed(alice.request('MESSAGE', 'sip:%s@127.0.0.1' % room, [('Content-Type', 'text/plain')], 'one'), first,
                  'alice', 'wonderland')
    assert (await alice.transact(text)).status == 202
    other = {'Via': alice.via(), 'Call-ID': uuid.uuid4().hex}
    again = type(text)(text.start, [(n, other.get(n, v)) for n, v in text.headers], text.body)
    replayed = await alice.transact(again)
    assert replayed.status == 401 and challenges(replayed)[0]['stale'] == 'true'


# -- being called

async def test_the_room_calls_an_account_and_it_is_in_the_roster(phone, room):
    desk = await at_home(phone, 'desk', 'alice', 'wonderland')
    bob = await phone('bob', identity='sip:bob@talk.localhost')
    dora = await phone('dora')
    call = await proven_call(bob, 'sip:%s@127.0.0.1' % room, 'bob', 'builder', tone=500)
    stranger = await dora.call('sip:%s@127.0.0.1' % room)
    await dora.subscribe('sip:%s@127.0.0.1' % room)
    watcher = by_sip(dora)
    await eventually(lambda: statuses(watcher, 'Bob the Builder') == ['connected'])
    # Who is nobody here has nobody called.
    assert (await stranger.ask('REFER', [('Refer-To', '<sip:alice@talk.localhost>')])).status == 403
    assert (await call.ask('REFER', [('Refer-To', '<sip:alice@talk.localhost>')])).status == 202
    ringing = await asyncio.wait_for(desk.incoming.get(), 5)
    assert ringing.invite.uri == desk.uri and address(ringing.invite.get('To')) == 'sip:alice@talk.localhost'
    ringing.ring()
    await eventually(lambda: statuses(watcher, 'alice') == ['alerting'])
    ringing.answer(tone=800)
    await eventually(lambda: statuses(watcher, 'alice') == ['connected'])
    await asyncio.sleep(1)
    hears('bob', (await all_heard(1.5, call, ringing))[0], {800: -12}, absent=[500])
    await register(desk, 'alice', 'wonderland', expires=0)


async def test_all_phones_ring_and_the_first_to_answer_has_the_call(phone):
    desk = await at_home(phone, 'desk', 'alice', 'wonderland')
    mobile = await at_home(phone, 'mobile', 'alice', 'wonderland', transport='tcp')
    dora = await phone('dora')
    calling = asyncio.ensure_future(dora.call('sip:alice@127.0.0.1', tone=500))
    at_desk, on_mobile = [await asyncio.wait_for(p.incoming.get(), 5) for p in (desk, mobile)]
    at_desk.ring()
    on_mobile.ring()
    on_mobile.answer(tone=800)
    call = await asyncio.wait_for(calling, 10)
    await asyncio.wait_for(at_desk.ended.wait(), 5)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, call, on_mobile)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('alice', heard[1], {500: -12}, absent=[800])
    await call.hang_up()
    await asyncio.wait_for(on_mobile.ended.wait(), 5)
    for p in (desk, mobile):
        await register(p, 'alice', 'wonderland', expires=0)
    await dora.call('sip:alice@127.0.0.1', expect=480)


async def test_an_xmpp_user_calls_an_account(phone, user):
    desk = await at_home(phone, 'desk', 'alice', 'wonderland')
    romeo = await user('alice', tone='1000')
    call = await romeo.call('alice@sip.localhost', wait=False)
    ringing = await asyncio.wait_for(desk.incoming.get(), 10)
    ringing.answer(tone=800)
    assert await romeo.wait_connected(call), call.reason
    await asyncio.sleep(1.5)
    heard = await all_heard(2, ringing, call)
    hears('the phone', heard[0], {1000: -12}, absent=[800])
    hears('romeo', heard[1], {800: -12}, absent=[1000])
    await call.terminate()
    await asyncio.wait_for(ringing.ended.wait(), 5)
    await register(desk, 'alice', 'wonderland', expires=0)


async def test_the_gateway_is_for_those_who_have_proven_who_they_are(phone, user):
    dora = await phone('dora')
    await dora.call('sip:alice@localhost', expect=403)
    await user('alice')
    bob = await phone('bob', identity='sip:bob@talk.localhost')
    call = Call(bob, RTPStream('PCMU'), 'PCMU')
    request = bob.invitation('sip:alice@localhost', sdp('127.0.0.1', call.rtp.port))
    first = await bob.transact(request)
    assert first.status == 401
    request = signed(request, first, 'bob', 'builder')
    call.begin(request)
    answer = asyncio.ensure_future(bob.transact(request, 30, call.provisionals.append))
    await eventually(lambda: [r for r in call.provisionals if r.status == 180], 10, 'it does not ring')
    await call.cancel()
    assert (await answer).status == 487
    call.close()


async def test_baresip_registers_is_called_and_answers(stack, room, phone):
    """It knows MD5 alone, as many phones do, and takes no challenge by SHA-256: the setting for such."""
    config = Confab(stack.directory, {
        'CONFAB_SIP_PORT': '5070', 'CONFAB_ACCOUNTS_ALGORITHMS': 'MD5', 'CONFAB_XMPP_ENABLED': 'false',
        'CONFAB_MEDIA_ICE_PORT': '10070', 'CONFAB_MEDIA_RTP_PORTS': '17500-17600',
        'CONFAB_STORAGE_PATH': os.path.join(stack.directory, 'second.sqlite')},
        config=os.path.join(stack.directory, 'accounts.yaml'))
    config.log = os.path.join(stack.directory, 'second.log')
    await config.start()
    b = Baresip('alice', 5100, 440, 'PCMU', account=(
        '<sip:alice@talk.localhost>;auth_user=alice;auth_pass=wonderland;outbound="sip:127.0.0.1:5070";regint=120;'
        'answermode=manual;audio_codecs=PCMU'))
    await b.start()
    try:
        await eventually(lambda: '200 OK (Confab)' in b.trace(), 10, 'baresip does not register')
        dora = await phone('dora', server=('127.0.0.1', 5070))
        calling = asyncio.ensure_future(dora.call('sip:alice@127.0.0.1', tone=620))
        assert await b.wait('CALL_INCOMING'), b.types()
        await b.command('accept')
        call = await asyncio.wait_for(calling, 10)
        await asyncio.sleep(1.5)
        hears('dora', (await all_heard(2, call))[0], {440: -7.3}, absent=[620])
        await call.hang_up()
        assert await b.wait('CALL_CLOSED')
        # And it calls, with its password.
        await b.command('dial', 'sip:%s@talk.localhost' % room)
        assert await b.wait(lambda e: e.get('type') == 'CALL_ESTABLISHED' and e.get('direction') == 'outgoing'), b.types()
    finally:
        await b.stop()
        await config.stop()


# -- across the gateway

async def test_an_account_calls_a_number_at_the_gateway_and_nobody_else_does(phone):
    trunk = await phone('trunk', port=5080)
    stranger, desk = await phone('eve'), await phone('desk', identity='sip:bob@talk.localhost')
    for caller, status in ((stranger, 403), (desk, 401)):
        response = await caller.transact(caller.invitation('sip:200@sip.localhost', sdp(caller.ip, 40000)))
        assert response.status == status, response
    assert trunk.incoming.empty()
    calling = asyncio.ensure_future(proven_call(desk, 'sip:200@sip.localhost', 'bob', 'builder', tone=440))
    called = await asyncio.wait_for(trunk.incoming.get(), 10)
    assert address(called.invite.get('From')) == 'sip:bob@talk.localhost'
    assert called.invite.get('Max-Forwards') == '69'
    called.answer(tone=620)
    call = await asyncio.wait_for(calling, 10)
    heard = await all_heard(1.2, call, called)
    hears('bob', heard[0], {620: -12})
    hears('the trunk', heard[1], {440: -12})
    await call.hang_up()
    await asyncio.wait_for(called.ended.wait(), 10)


async def test_an_account_is_told_to_whom_it_talks_after_a_transfer(phone, user):
    alice, bob = await user('alice', tone='1000'), await user('bob', tone='800')
    alice.auto = bob.auto = 'on'
    desk = await phone('desk', identity='sip:carol@talk.localhost')
    call = await proven_call(desk, 'sip:alice@localhost', 'carol', 'christmas')
    theirs = await eventually(lambda: next(iter(alice.calls.values()), None))
    assert await alice.wait_connected(theirs), theirs.reason
    await theirs.inform(transfer('bob@localhost'))
    await asyncio.wait_for(theirs.ended.wait(), 15)
    told = await eventually(lambda: [i for m in call.offers + call.updates if (i := m.get('P-Asserted-Identity'))], 10,
                            'nothing is told')
    assert address(told[-1]) == 'sip:bob@localhost'
    await call.hang_up()


# -- trunks

async def test_a_trunk_gets_the_password_that_it_demands(phone, stack, room):
    directory = os.path.join(stack.directory, 'sipp')
    os.makedirs(directory, exist_ok=True)
    scenario = os.path.join(os.path.dirname(__file__), 'harness/sipp_trunk.xml')
    sipp = subprocess.Popen([
        'sipp', '-sf', scenario, '-i', '127.0.0.1', '-p', '5080', '-mp', '21000', '-m', '1', '-timeout', '40', '-nostdin',
        '-trace_err', '-trace_msg'], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await eventually(lambda: os.listdir(directory), 5, 'sipp does not start')
        bob = await phone('bob', identity='sip:bob@talk.localhost')
        call = await proven_call(bob, 'sip:%s@127.0.0.1' % room, 'bob', 'builder')
        assert (await bob.until(lambda: True)) is True
        response = await call.ask('REFER', [('Refer-To', '<sip:200@talk.localhost>')])
        assert response.status == 202, response
        assert await bob.until(lambda: [m for m in bob.notifies if 'SIP/2.0 200' in m.body], 15), bob.notifies
        response = await call.ask('REFER', [('Refer-To', '<sip:200@talk.localhost;method=BYE>')])
        assert response.status == 202, response
        assert await asyncio.to_thread(sipp.wait, 20) == 0
    finally:
        if sipp.poll() is None:
            sipp.kill()


async def test_a_trunk_that_refuses_the_password_is_not_pestered(phone, room):
    trunk = await phone('trunk', port=5085)
    demands = []

    def demand(m, reply):
        demands.append(m)
        trunk.respond(m, reply, 407, 'Proxy Authentication Required', [
            ('Proxy-Authenticate', 'Digest realm="t", nonce="%d", algorithm=SHA-256, qop="auth"' % len(demands))])
    trunk._invite = demand
    bob = await phone('bob', identity='sip:bob@talk.localhost')
    call = await proven_call(bob, 'sip:%s@127.0.0.1' % room, 'bob', 'builder')
    await call.ask('REFER', [('Refer-To', '<sip:300@talk.localhost>')])
    assert await bob.until(lambda: [m for m in bob.notifies if 'SIP/2.0 403' in m.body], 10), bob.notifies
    assert [bool(m.get('Proxy-Authorization')) for m in demands] == [False, True]


# -- restart

async def test_who_registered_is_reached_after_a_restart(phone, stack):
    desk = await at_home(phone, 'desk', 'bob', 'builder')
    await stack.confab.kill()
    await stack.connected(stack.confab.start)
    dora = await phone('dora')
    calling = asyncio.ensure_future(dora.call('sip:bob@127.0.0.1'))
    ringing = await asyncio.wait_for(desk.incoming.get(), 10)
    ringing.answer()
    call = await asyncio.wait_for(calling, 10)
    await call.hang_up()
