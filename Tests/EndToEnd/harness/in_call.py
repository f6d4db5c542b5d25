"""Keys as they go over the wire of a bridged call: told by a client, and heard at either end."""
import asyncio
import struct
import xml.etree.ElementTree as ET

from .keys import CODES, EVENTS
from .rtp import RTPStream
from .sip_phone import sdp

DTMF = 'urn:xmpp:jingle:dtmf:0'
TRANSFER = 'urn:xmpp:jingle:transfer:0'
KEYS = {i: c for c, i in CODES.items()}


def answer(leg, tone=None, events=True):
    """A phone answers by PCMU, with telephone-event unless told otherwise."""
    leg.codec, leg.rtp = 'PCMU', RTPStream('PCMU', leg.phone.ip, tone)
    body = sdp(leg.phone.ip, leg.rtp.port)
    if events:
        body = body.replace('RTP/AVP 0', 'RTP/AVP 0 %d' % EVENTS)
        body += 'a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-16\r\n' % (EVENTS, EVENTS)
    leg.phone.respond(leg.invite, leg.reply, 200, 'OK', [('Content-Type', 'application/sdp')], body, tag=leg.tag)
    leg.established = True
    leg.media(leg.invite.body)


def pressed(packets, payload_types):
    """The keys that telephone-event packets tell, each with what it lasted in timestamp units."""
    keys, last = [], None
    for data in packets:
        if data[1] & 0x7F not in payload_types:
            continue
        header = 12 + 4 * (data[0] & 0x0F)
        if data[0] & 0x10:
            header += 4 + 4 * struct.unpack('>H', data[header + 2:header + 4])[0]
        stamp = struct.unpack('>I', data[4:8])[0]
        code, _, duration = struct.unpack('>BBH', data[header:header + 4])
        if stamp != last:
            keys.append([KEYS[code], 0])
            last = stamp
        keys[-1][1] = max(keys[-1][1], duration)
    return keys


def heard_by_phone(leg):
    return ''.join(key for key, _ in pressed(leg.rtp.others, {EVENTS}))


def watch_info(phone):
    """Has a phone take INFO. -> the list of what it is told"""
    told = []

    def info(m, reply):
        told.append(m)
        phone.respond(m, reply, 200, 'OK')
    phone._info = info
    return told


def signals(told):
    return ''.join(line.split('=')[1].strip() for m in told for line in m.body.splitlines() if 'Signal' in line)


def heard_by_client(packets):
    return ''.join(key for key, _ in pressed(packets, {EVENTS, 110, 126}))


def watch_events(call):
    """The telephone-event packets that a connected client gets, from now on."""
    router, packets = call.pc.getSenders()[0].transport._rtp_router, []
    route = router.route_rtp

    def watched(packet):
        packets.append(packet.serialize())
        return route(packet)
    router.route_rtp = watched
    return packets


async def press_on_client(call, keys, payload_type=126):
    """A client's keypad: telephone-event in the place of its sound, which does not come back."""
    sender = call.pc.getSenders()[0]
    transport, last = sender.transport, {}
    send = transport._send_rtp

    async def watched(data):
        if len(data) > 12 and data[1] & 0x7F not in range(64, 96):
            last.update(sequence=struct.unpack('>H', data[2:4])[0], stamp=struct.unpack('>I', data[4:8])[0])
        await send(data)
    transport._send_rtp = watched
    await asyncio.sleep(0.2)
    sender.replaceTrack(None)
    await asyncio.sleep(0.1)
    sequence, stamp = last['sequence'], last['stamp']
    for key in keys:
        stamp += 4800
        for step in range(8):
            sequence += 1
            payload = struct.pack('>BBH', CODES[key], (0x80 if step >= 5 else 0) | 10, min(step + 1, 5) * 160)
            await send(struct.pack('>BBHII', 0x80, payload_type | (0x80 if step == 0 else 0), sequence & 0xFFFF,
                                   stamp & 0xFFFFFFFF, sender._ssrc) + payload)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.06)


async def tell_keys(call, keys):
    """By XEP-0181."""
    for key in keys:
        await call.inform(ET.Element('{%s}dtmf' % DTMF, code=key, duration='100'))


def told_keys(user):
    """What session-infos told a client."""
    return ''.join(e['code'] for e in user.events if e['ev'] == 'session-info' and e['name'] == 'dtmf')
