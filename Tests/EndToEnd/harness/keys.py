"""A phone's keypad: telephone-event (RFC 4733), INFO, and tones in the sound."""
import asyncio
import struct
import time

import numpy as np

from .rtp import RTPStream
from .sip_phone import Call, sdp

EVENTS = 101
CODES = {c: i for i, c in enumerate('0123456789*#ABCD')}
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = ('123A', '456B', '789C', '*0#D')


async def call(phone, uri, tone=None, events=True, expect=200):
    """Calls by PCMU; with telephone-event unless told otherwise. -> the call, or the response that was expected"""
    made = Call(phone, RTPStream('PCMU', phone.ip, tone), 'PCMU')
    body = sdp(phone.ip, made.rtp.port)
    if events:
        body = body.replace('RTP/AVP 0', 'RTP/AVP 0 %d' % EVENTS)
        body += 'a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-16\r\n' % (EVENTS, EVENTS)
    request = phone.invitation(uri, body)
    made.begin(request)
    response = await phone.transact(request, 20, made.provisionals.append)
    assert response.status == expect, response
    if expect >= 300:
        made.close()
        return response
    made.confirm(response)
    made.acknowledge()
    made.media(response.body)
    return made


async def press(made, keys):
    """By telephone-event: 100 ms each, the end said three times."""
    rtp = made.rtp
    rtp.on = False
    for key in keys:
        started = rtp.timestamp
        for step in range(8):
            duration = min(step + 1, 5) * 160
            payload = struct.pack('>BBH', CODES[key], (0x80 if step >= 5 else 0) | 10, duration)
            packet = bytearray(rtp.packet(payload, timestamp=started))
            packet[1] = EVENTS | (0x80 if step == 0 else 0)
            rtp.sock.sendto(bytes(packet), rtp.remote)
            rtp.sequence += 1
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.06)
    rtp.on = True


async def press_info(made, keys, kind='application/dtmf-relay'):
    for key in keys:
        body = 'Signal=%s\r\nDuration=160\r\n' % key if kind.endswith('relay') else key
        response = await made.ask('INFO', [('Content-Type', kind)], body)
        assert response.status == 200, response


async def press_tones(made, keys):
    """As tones in G.711: 100 ms each with as much silence behind."""
    rtp = made.rtp
    rtp.on = False
    await asyncio.sleep(0.04)
    start, tick = time.monotonic(), 0
    for key in keys:
        row = next(i for i, keys_of_row in enumerate(PAD) if key in keys_of_row)
        low, high = LOW[row], HIGH[PAD[row].index(key)]
        for frame in range(10):
            t = (np.arange(160) + frame * 160) / 8000
            x = 0.25 * (np.sin(2 * np.pi * low * t) + np.sin(2 * np.pi * high * t)) if frame < 5 else np.zeros(160)
            rtp.sock.sendto(rtp.packet(rtp.codec.encode(x)), rtp.remote)
            rtp.sequence += 1
            tick += 1
            await asyncio.sleep(max(0, start + tick * 0.02 - time.monotonic()))
    rtp.on = True
