"""Calls in: the gateway registers with an exchange, numbers lead to people and rooms, and people have accounts there."""
import asyncio
import os
import stat
import uuid
import xml.etree.ElementTree as ET

import pytest

from harness.expectations import eventually, hears
from harness.kamailio import Kamailio
from harness.server import Confab, Stack
from harness.sip_phone import Call, RTPStream, sdp

EXCHANGE = ('127.0.0.1', 5090)
REGISTER, COMMANDS, FORM = 'jabber:iq:register', 'http://jabber.org/protocol/commands', 'jabber:x:data'


@pytest.fixture(scope='module')
async def stack(request):
    """The demo's settings, an exchange at which the gateway registers, and accounts for everybody at home."""
    s = Stack(request.module.__name__)
    s.exchange = Kamailio(s.directory)
    s.confab = Confab(s.directory, {
        'CONFAB_GATEWAY_REGISTRATIONS': '127.0.0.1:5090 trunk secret-trunk',
        'CONFAB_GATEWAY_NUMBERS': '+4930111 alice@localhost,4930222 demo@talk.localhost,'
                                  '4930333 bob@localhost mailbox@127.0.0.1:5083,4930444 nobody@localhost',
        'CONFAB_GATEWAY_RING_TIME': '4', 'CONFAB_GATEWAY_PERSONAL_ACCOUNTS': 'bridged',
        'CONFAB_GATEWAY_REGISTRARS': '*,127.0.0.0/8,127.0.0.1'})
    await s.exchange.start()
    try:
        async with s:
            await eventually(lambda: 'trunk@127.0.0.1:5090 is registered' in s.confab.output(), 15,
                             'the gateway is not registered')
            yield s
    finally:
        await s.exchange.stop()


async def placing(phone, number):
    """A call by the exchange, begun. -> (call, task that gives the final response)"""
    call = Call(phone, RTPStream('PCMU', tone=620), 'PCMU')
    request = phone.invitation('sip:%s@127.0.0.1:5090' % number, sdp('127.0.0.1', call.rtp.port))
    call.begin(request)
    return call, asyncio.ensure_future(phone.transact(request, 40, call.provisionals.append))


async def up(call, answered):
    response = await asyncio.wait_for(answered, 20)
    assert response.status == 200, response
    call.confirm(response)
    call.acknowledge()
    call.media(response.body)


async def outside(phone, name='dora', **kw):
    return await phone(name, server=EXCHANGE, **kw)


# -- numbers

async def test_a_number_rings_both_devices_and_the_first_has_the_call(phone, user):
    here, there = await user('alice', 'here', tone='1000'), await user('alice', 'there')
    call, answered = await placing(await outside(phone), '4930111')
    first = await asyncio.wait_for(here.incoming.get(), 15)
    second = await asyncio.wait_for(there.incoming.get(), 15)
    await first.accept()
    await up(call, answered)
    assert await here.wait_connected(first), first.reason
    assert second.offer is None
    await asyncio.sleep(1)
    hears('the phone', await call.heard(1.5), {1000: -12})
    assert (await call.hang_up()).status == 200
    await asyncio.wait_for(first.ended.wait(), 10)


async def test_a_number_is_a_room(phone):
    call, answered = await placing(await outside(phone), '4930222')
    await up(call, answered)
    assert (await call.hang_up()).status == 200


async def test_a_number_that_is_nobodys(phone):
    _, answered = await placing(await outside(phone), '4930999')
    assert (await asyncio.wait_for(answered, 15)).status == 404


async def test_what_people_and_servers_say_becomes_codes(phone, user):
    dora = await outside(phone)
    _, answered = await placing(dora, '4930444')
    assert (await asyncio.wait_for(answered, 15)).status == 404
    alice = await user('alice')
    _, answered = await placing(dora, '4930111')
    await (await asyncio.wait_for(alice.incoming.get(), 15)).refuse_busy()
    assert (await asyncio.wait_for(answered, 15)).status == 486
    _, answered = await placing(dora, '4930111')
    await (await asyncio.wait_for(alice.incoming.get(), 15)).terminate()
    assert (await asyncio.wait_for(answered, 15)).status == 603
    _, answered = await placing(dora, '4930111')
    ringing = await asyncio.wait_for(alice.incoming.get(), 15)
    assert (await asyncio.wait_for(answered, 15)).status == 480
    await asyncio.wait_for(ringing.ended.wait(), 10)
    # There is such a user, but not there.
    await alice.shutdown()
    _, answered = await placing(dora, '4930111')
    assert (await asyncio.wait_for(answered, 15)).status == 480


async def test_who_is_busy_has_a_mailbox(phone, user):
    bob, mailbox = await user('bob'), await phone('mailbox', port=5083)
    call, answered = await placing(await outside(phone), '4930333')
    await (await asyncio.wait_for(bob.incoming.get(), 15)).refuse_busy()
    leg = await asyncio.wait_for(mailbox.incoming.get(), 15)
    assert leg.invite.get('Diversion').startswith('<sip:bob@localhost>;reason=user-busy')
    leg.answer(tone=440)
    await up(call, answered)
    await asyncio.sleep(1)
    hears('the caller', await call.heard(1.5), {440: -12})
    assert (await call.hang_up()).status == 200


# -- accounts of people's own

async def send(user, kind, child):
    iq = user.make_iq(id=uuid.uuid4().hex, ito='sip.localhost', itype=kind)
    iq.append(child)
    return (await iq.send(timeout=10)).xml


def submission(**fields):
    form = ET.Element('{%s}x' % FORM, type='submit')
    for name, value in dict(fields, FORM_TYPE=REGISTER).items():
        ET.SubElement(ET.SubElement(form, '{%s}field' % FORM, var=name), '{%s}value' % FORM).text = value
    return form


def command(node, form=None, **attributes):
    element = ET.Element('{%s}command' % COMMANDS, node=node, **attributes)
    if form is not None:
        element.append(form)
    return element


def told(user, words):
    return [e for e in user.events if e['ev'] == 'presence' and e['sender'] == 'sip.localhost/gw'
            and words in (e.get('status') or '')]


async def test_an_account_by_its_form_is_called_and_calls(phone, user, stack):
    carol = await user('carol', tone='1000')
    query = (await send(carol, 'get', ET.Element('{%s}query' % REGISTER)))[0]
    fields = [f.get('var') for f in query.iter('{%s}field' % FORM)]
    assert {'registrar', 'username', 'password', 'name', 'login', 'proxy', 'voicemail'} <= set(fields), fields
    filled = ET.Element('{%s}query' % REGISTER)
    filled.append(submission(registrar='127.0.0.1:5090', username='carol', password='secret-carol', name='Carol C'))
    await send(carol, 'set', filled)
    await eventually(lambda: told(carol, 'Registered as carol@127.0.0.1:5090'), 15, 'carol is not registered')
    again = (await send(carol, 'get', ET.Element('{%s}query' % REGISTER)))[0]
    assert again.find('{%s}registered' % REGISTER) is not None
    assert b'secret-carol' not in ET.tostring(again) and 'secret-carol' not in stack.confab.output()
    assert stat.S_IMODE(os.stat(os.path.join(stack.directory, 'confab.sqlite')).st_mode) == 0o600

    call, answered = await placing(await outside(phone), 'carol')
    incoming = await asyncio.wait_for(carol.incoming.get(), 15)
    await incoming.accept()
    await up(call, answered)
    assert await carol.wait_connected(incoming), incoming.reason
    assert (await call.hang_up()).status == 200

    # A number without a route: it goes by the account, with its password, under its address.
    seven = await phone('700', port=5082)
    out = await carol.call('700@sip.localhost', wait=False)
    leg = await asyncio.wait_for(seven.incoming.get(), 15)
    assert leg.invite.get('From').startswith('"Carol C" <sip:carol@127.0.0.1:5090>'), leg.invite.get('From')
    leg.answer(tone=440)
    assert await carol.wait_connected(out), out.reason
    await out.terminate()

    removal = ET.Element('{%s}query' % REGISTER)
    ET.SubElement(removal, '{%s}remove' % REGISTER)
    await send(carol, 'set', removal)
    await eventually(lambda: 'carol@127.0.0.1:5090 is no longer registered' in stack.confab.output(), 10)
    _, answered = await placing(await outside(phone, 'dave'), 'carol')
    assert (await asyncio.wait_for(answered, 15)).status == 404


async def test_an_account_by_command_outlives_a_restart(phone, user, stack):
    bob = await user('bob', tone='1000')
    items = (await send(bob, 'get', ET.Element('{http://jabber.org/protocol/disco#items}query', node=COMMANDS)))[0]
    assert sorted(i.get('node') for i in items) == ['register', 'status', 'unregister']
    first = (await send(bob, 'set', command('register', action='execute')))[0]
    assert first.get('status') == 'executing'
    session = first.get('sessionid')
    second = (await send(bob, 'set', command(
        'register', submission(registrar='127.0.0.1:5090', username='bob', password='wrong'), action='next',
        sessionid=session)))[0]
    assert [f.get('var') for f in second.iter('{%s}field' % FORM)][-1] == 'voicemail'
    done = (await send(bob, 'set', command('register', submission(name='Bob'), action='complete',
                                             sessionid=session)))[0]
    assert done.get('status') == 'completed', ET.tostring(done)
    # The password is wrong: said once, and nothing is tried for long.
    assert await bob.message('refused', sender='sip.localhost', timeout=15)
    await eventually(lambda: told(bob, 'Refused'), 5)
    filled = ET.Element('{%s}query' % REGISTER)
    filled.append(submission(password='secret-bob'))
    await send(bob, 'set', filled)
    await eventually(lambda: told(bob, 'Registered as bob'), 15)

    await stack.connected(restart(stack))
    await eventually(lambda: 'bob@127.0.0.1:5090 is registered' in stack.confab.output(), 15)
    call, answered = await placing(await outside(phone), 'bob')
    incoming = await asyncio.wait_for(bob.incoming.get(), 15)
    await incoming.accept()
    await up(call, answered)
    assert (await call.hang_up()).status == 200
    state = (await send(bob, 'set', command('status', action='execute')))[0]
    assert 'registered' in [v.text for v in state.iter('{%s}value' % FORM)]
    gone = (await send(bob, 'set', command('unregister', action='execute')))[0]
    assert gone.get('status') == 'completed'


def restart(stack):
    async def again():
        await stack.confab.stop()
        await stack.confab.start()
    return again
