"""SIP signalling: what a phone may do, over UDP and TCP, IPv4 and IPv6."""
import asyncio
import os
import re
import subprocess

import pytest

from harness.expectations import all_heard, eventually, hears, silence
from harness.server import TOP
from harness.sip_phone import Call, RTPStream, sdp


def listed(response, name):
    return {v.strip() for h in response.all(name) for v in h.split(',')}


@pytest.mark.parametrize('uri', ['sip:demo@talk.localhost', 'sip:demo@127.0.0.1', 'sip:demo@127.0.0.1:5060',
                                 'sip:demo@rooms-of-some-name.example'])
async def test_options_tell_what_a_room_takes(phone, uri):
    response = await (await phone('dora')).options(uri)
    assert response.status == 200
    assert 'isfocus' in response.get('Contact')
    assert {'INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE'} <= listed(response, 'Allow')
    assert 'application/sdp' in listed(response, 'Accept')
    assert 'conference' in listed(response, 'Allow-Events')


async def test_every_listed_method_is_understood_and_others_are_not(phone):
    dora = await phone('dora')
    allowed = listed(await dora.options('sip:demo@127.0.0.1'), 'Allow')
    response = await dora.ask('PUBLISH', 'sip:demo@127.0.0.1')
    assert response.status == 405 or 'PUBLISH' in allowed, response
    assert {v for v in allowed} == listed(response, 'Allow') or response.status != 405


async def test_an_unknown_required_extension_is_refused(phone):
    response = await (await phone('dora')).ask('OPTIONS', 'sip:demo@127.0.0.1', [('Require', 'flux-capacitor')])
    assert response.status == 420 and 'flux-capacitor' in response.get('Unsupported')


async def test_the_answer_to_a_call_carries_isfocus(phone, room):
    call = await (await phone('dora')).call('sip:%s@127.0.0.1' % room)
    assert 'isfocus' in call.response.get('Contact')
    assert 'conference' in listed(call.response, 'Allow-Events')


@pytest.mark.parametrize('transport, ip', [('udp', '127.0.0.1'), ('tcp', '127.0.0.1'), ('udp', '::1'), ('tcp', '::1')])
async def test_calls_come_over_every_transport_and_address(phone, room, transport, ip):
    host = '[%s]' % ip if ':' in ip else ip
    dora = await phone('dora', transport=transport, ip=ip, server=(ip, 5060))
    emil = await phone('emil')
    a = await dora.call('sip:%s@%s' % (room, host), tone=500)
    b = await emil.call('sip:%s@127.0.0.1' % room, tone=800)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, a, b)
    hears('dora by %s on %s' % (transport, ip), heard[0], {800: -12}, absent=[500])
    hears('emil', heard[1], {500: -12}, absent=[800])
    assert (await dora.say('sip:%s@%s' % (room, host), 'over ' + transport)).status < 300
    assert await emil.until(lambda: [m for m in emil.messages if 'over ' + transport in m.body])
    assert (await a.hang_up()).status == 200


async def test_baresip_calls_by_tcp(baresip, phone, room):
    b = await baresip('opus', 440, transport='tcp')
    await b.call('sip:%s@127.0.0.1;transport=tcp' % room)
    listener = await (await phone('emil')).call('sip:%s@127.0.0.1' % room)
    await asyncio.sleep(1)
    hears('emil', await listener.heard(1.5), {440: -6})


async def test_the_offer_may_come_in_the_ack(phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    a = await dora.call('sip:%s@127.0.0.1' % room, tone=500, delayed=True)
    b = await emil.call('sip:%s@127.0.0.1' % room, tone=800)
    await asyncio.sleep(1)
    heard = await all_heard(1.5, a, b)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('emil', heard[1], {500: -12}, absent=[800])


async def test_hold_and_resume(phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    a = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    b = await emil.call('sip:%s@127.0.0.1' % room, tone=800)
    await asyncio.sleep(1)
    hears('dora', await a.heard(1), {800: -12})

    assert await a.offer('inactive') == 'inactive'
    await asyncio.sleep(0.5)
    heard = await all_heard(1, a, b)
    assert heard[0]['secs'] == 0 or heard[0]['rms'] < -50, heard[0]
    silence('emil, while who is not there goes on playing', heard[1])

    assert await a.offer('sendonly') == 'recvonly'
    await asyncio.sleep(0.5)
    heard = await all_heard(1, a, b)
    assert heard[0]['secs'] == 0 or heard[0]['rms'] < -50, heard[0]
    silence('emil, while music on hold plays', heard[1])

    assert await a.offer('sendrecv') == 'sendrecv'
    await asyncio.sleep(0.5)
    heard = await all_heard(1, a, b)
    hears('dora', heard[0], {800: -12}, absent=[500])
    hears('emil', heard[1], {500: -12}, absent=[800])
    assert not a.offers, 'the room answered a hold with a re-INVITE of its own'


async def test_a_re_invite_keeps_isfocus_and_the_media_port(phone, room):
    dora = await phone('dora')
    call = await dora.call('sip:%s@127.0.0.1' % room)
    port = call.rtp.remote[1]
    response = await call.ask('INVITE', [('Content-Type', 'application/sdp')],
                              sdp('127.0.0.1', call.rtp.port, ('PCMU',), version=2))
    call.acknowledge()
    assert response.status == 200 and 'isfocus' in response.get('Contact')
    assert 'm=audio %d ' % port in response.body


async def test_media_may_move_to_another_port(phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    a = await dora.call('sip:%s@127.0.0.1' % room, tone=500)
    b = await emil.call('sip:%s@127.0.0.1' % room, tone=800)
    await eventually(lambda: a.rtp.received > 20)
    old, a.rtp = a.rtp, RTPStream('PCMU', tone=600)
    a.rtp.remote = old.remote
    old.close()
    assert await a.offer('sendrecv') == 'sendrecv'
    await asyncio.sleep(1)
    heard = await all_heard(1.5, a, b)
    hears('dora', heard[0], {800: -12})
    hears('emil', heard[1], {600: -12}, absent=[500])


async def test_a_bye_for_no_call_gets_481(phone):
    response = await (await phone('dora')).ask('BYE', 'sip:demo@127.0.0.1', to='<sip:demo@127.0.0.1>;tag=none')
    assert response.status == 481


async def test_a_retransmitted_invite_makes_one_call(phone, room):
    dora, emil = await phone('dora'), await phone('emil')
    await emil.call('sip:%s@127.0.0.1' % room)
    call = Call(dora, RTPStream('PCMU'), 'PCMU')
    invite = dora.invitation('sip:%s@127.0.0.1' % room, sdp('127.0.0.1', call.rtp.port))
    call.begin(invite)
    waiting = asyncio.ensure_future(dora.transact(invite))
    await asyncio.sleep(0)
    for _ in range(4):
        dora.send(invite)
    response = await waiting
    call.confirm(response)
    call.acknowledge()
    subscribed = await emil.subscribe('sip:%s@127.0.0.1' % room)
    assert subscribed.status in (200, 202)
    assert await emil.until(lambda: [m for m in emil.notifies if m.body])
    assert '<user-count>2</user-count>' in [m for m in emil.notifies if m.body][-1].body
    assert (await call.hang_up()).status == 200


async def test_rport_is_filled_in(phone):
    dora = await phone('dora')
    request = dora.request('OPTIONS', 'sip:demo@127.0.0.1')
    via = dora.via().replace(':%d;' % dora.port, ':9;')
    request.headers[0] = ('Via', via)
    response = await dora.transact(request)
    assert 'rport=%d' % dora.port in response.get('Via') and 'received=127.0.0.1' in response.get('Via')


async def test_sipp_places_and_ends_twenty_calls(stack, room):
    directory = os.path.join(stack.directory, 'sipp')
    os.makedirs(directory, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        'sipp', '127.0.0.1:5060', '-sn', 'uac', '-s', room, '-i', '127.0.0.1', '-p', '5090', '-mp', '21000', '-m', '20',
        '-r', '10', '-d', '1000', '-timeout', '40', '-nostdin', cwd=directory, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    text = output.decode(errors='replace')
    assert process.returncode == 0, text[-3000:]
    assert re.search(r'Successful call\s+\|\s+\d+\s+\|\s+20', text), text[-3000:]
    assert directory.startswith(TOP)
