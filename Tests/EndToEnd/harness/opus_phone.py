"""RTP of a phone that has Opus as well, and changes its codec within a call."""
import asyncio
import fractions
import struct
import time

import av
import numpy as np

from .rtp import CODECS, RTPStream
from .sip_phone import NAMES, media_address, sdp


class Opus:
    clock, rate = 48000, 48000

    def __init__(self):
        self.encoder, self.decoder = (av.CodecContext.create('libopus', m) for m in 'wr')
        for c in (self.encoder, self.decoder):
            c.sample_rate, c.format, c.layout = 48000, 's16', 'mono'
        self.encoder.time_base = fractions.Fraction(1, 48000)
        self.position = 0

    def encode(self, x):
        f = av.AudioFrame.from_ndarray((np.clip(x, -1, 1) * 32767).astype(np.int16).reshape(1, -1), 's16', 'mono')
        f.sample_rate, f.pts, f.time_base = 48000, self.position, self.encoder.time_base
        self.position += len(x)
        return b''.join(bytes(p) for p in self.encoder.encode(f))

    def decode(self, payload):
        frames = self.decoder.decode(av.Packet(payload))
        if not frames:
            return np.zeros(0)
        # Interleaved where the sender chose stereo.
        each = [f.to_ndarray().reshape(-1, len(f.layout.channels)).mean(1) for f in frames]
        return np.concatenate(each) / 32768


CODECS['opus'] = (111, Opus)
NAMES['opus'] = '111 opus/48000/2'


class SwitchingStream(RTPStream):
    """Goes on in another codec: the same source, numbers and time."""

    def __init__(self, codec, *rest, **more):
        self.name, self.headers = codec, []
        super().__init__(codec, *rest, **more)

    def switch(self, codec):
        self.name = codec
        payload_type, make = CODECS[codec]
        self.codec, self.decoder, self.payload_type = make(), make(), payload_type

    async def _receive(self):
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await loop.sock_recv(self.sock, 2048)
            except OSError:
                continue
            if len(data) < 12 or data[0] >> 6 != 2 or 72 <= data[1] & 0x7F < 96:
                continue
            second, sequence, timestamp, ssrc = struct.unpack('>xBHII', data[:12])
            self.headers.append((second & 0x7F, sequence, timestamp, ssrc, time.monotonic()))
            if second & 0x7F != self.payload_type:
                continue
            start = 12 + 4 * (data[0] & 0x0F)
            if data[0] & 0x10:
                start += 4 + 4 * struct.unpack('>H', data[start + 2:start + 4])[0]
            self.received += 1
            self.pcm.append(self.decoder.decode(data[start:]))


def answer(call, codec, tone):
    """Takes a call with such a stream."""
    phone = call.phone
    call.codec, call.rtp = codec, SwitchingStream(codec, phone.ip, tone)
    phone.respond(call.invite, call.reply, 200, 'OK', [('Content-Type', 'application/sdp')],
                  sdp(phone.ip, call.rtp.port, (codec,)), tag=call.tag)
    call.established = True
    call.media(call.invite.body)


async def change(call, codec):
    """A re-INVITE with another codec, taken into use with the answer."""
    response = await call.ask('INVITE', [('Content-Type', 'application/sdp')],
                              sdp(call.phone.ip, call.rtp.port, (codec,), version=call.cseq + 1))
    assert response.status == 200, response
    call.acknowledge()
    assert media_address(response.body)[2][0] == CODECS[codec][0]
    call.codec = codec
    call.rtp.switch(codec)
