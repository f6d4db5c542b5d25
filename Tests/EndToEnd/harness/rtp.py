"""Plain RTP with G.711 or G.722: sends a tone, keeps what comes in."""
import asyncio
import contextlib
import fractions
import os
import socket
import struct
import time

import av
import numpy as np

from .tones import analyse_pcm, tone_level


def _mulaw_table():
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude) / 32768


def _alaw_table():
    code = np.arange(256) ^ 0x55
    segment, mantissa = (code >> 4) & 7, (code & 0x0F) << 4
    magnitude = np.where(segment == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude) / 32768


class Table:
    """G.711: each byte stands for one level; encoding takes the nearest."""
    clock, rate = 8000, 8000

    def __init__(self, table):
        self.table = table
        self.order = np.argsort(table, kind='stable')
        ordered = table[self.order]
        self.edges = (ordered[1:] + ordered[:-1]) / 2

    def encode(self, x):
        return self.order[np.searchsorted(self.edges, x)].astype(np.uint8).tobytes()

    def decode(self, payload):
        return self.table[np.frombuffer(payload, np.uint8)]


class G722:
    """The RTP clock says 8000 where the audio has 16000 (RFC 3551 section 4.5.2)."""
    clock, rate = 8000, 16000

    def __init__(self):
        self.encoder, self.decoder = (av.CodecContext.create('g722', m) for m in 'wr')
        for c in (self.encoder, self.decoder):
            c.sample_rate, c.format, c.layout = 16000, 's16', 'mono'
        self.encoder.time_base = fractions.Fraction(1, 16000)

    def encode(self, x):
        f = av.AudioFrame.from_ndarray((np.clip(x, -1, 1) * 32767).astype(np.int16).reshape(1, -1), 's16', 'mono')
        f.sample_rate = 16000
        return b''.join(bytes(p) for p in self.encoder.encode(f))

    def decode(self, payload):
        frames = self.decoder.decode(av.Packet(payload))
        return np.concatenate([f.to_ndarray().reshape(-1) for f in frames]) / 32768 if frames else np.zeros(0)


CODECS = {'PCMU': (0, lambda: Table(_mulaw_table())), 'PCMA': (8, lambda: Table(_alaw_table())), 'G722': (9, G722)}


class RTPStream:
    """One socket, one codec. `remote` is where to send, once it is known."""

    def __init__(self, codec, ip='127.0.0.1', tone=None, level=-12.0):
        self.payload_type, make = CODECS[codec]
        self.codec, self.decoder = make(), make()
        self.tone, self.level, self.remote, self.on = tone, level, None, True
        self.sock = socket.socket(socket.AF_INET6 if ':' in ip else socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind((ip, 0))
        self.port = self.sock.getsockname()[1]
        self.ssrc = struct.unpack('>I', os.urandom(4))[0]
        self.sequence, self.timestamp, self.sent = struct.unpack('>H', os.urandom(2))[0], 0, 0
        self.pcm, self.received, self.sources, self.contributors = [], 0, set(), set()
        self.extensions = []
        self.others = []              # packets of other payload types
        self.tasks = [asyncio.ensure_future(t) for t in (self._send(), self._receive())]

    def packet(self, payload, ssrc=None, sequence=None, timestamp=None):
        sequence = self.sequence if sequence is None else sequence
        timestamp = self.timestamp if timestamp is None else timestamp
        return struct.pack('>BBHII', 0x80, self.payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF,
                           self.ssrc if ssrc is None else ssrc) + payload

    async def _send(self):
        start, tick = time.monotonic(), 0
        while True:
            tick += 1
            await asyncio.sleep(max(0, start + tick * 0.02 - time.monotonic()))
            n = self.codec.rate // 50
            i = np.arange(tick * n, tick * n + n)
            x = np.sin(2 * np.pi * (self.tone or 0) * i / self.codec.rate) * 10 ** (self.level / 20)
            payload = self.codec.encode(x)
            if self.on and self.remote and payload:
                with contextlib.suppress(OSError):
                    self.sock.sendto(self.packet(payload), self.remote)
                self.sequence, self.sent = self.sequence + 1, self.sent + 1
            self.timestamp += self.codec.clock // 50

    async def _receive(self):
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await loop.sock_recv(self.sock, 2048)
            except OSError:
                continue
            if len(data) < 12 or data[0] >> 6 != 2 or data[1] & 0x7F != self.payload_type:
                self.others.append(data)
                continue
            csrcs = data[0] & 0x0F
            header = 12 + 4 * csrcs
            sources = struct.unpack('>%dI' % csrcs, data[12:header])
            self.contributors.update(sources)
            if data[0] & 0x10:
                self.extensions.append((sources, data[header:header + 4 + 4 * struct.unpack(
                    '>H', data[header + 2:header + 4])[0]]))
                del self.extensions[:-200]
                header += 4 + 4 * struct.unpack('>H', data[header + 2:header + 4])[0]
            self.sources.add(struct.unpack('>I', data[8:12])[0])
            self.received += 1
            self.pcm.append(self.decoder.decode(data[header:]))
            del self.pcm[:-3000]

    async def heard(self, seconds):
        """Listens for so long, and reports the tones of that time."""
        first = self.received
        await asyncio.sleep(seconds)
        frames = self.pcm[max(0, len(self.pcm) - (self.received - first)):]
        x = np.concatenate(frames) if frames else np.zeros(0)
        return analyse_pcm(x, self.codec.rate)

    async def burst(self, seconds, frequency):
        """Listens for so long: how loud a tone was in its loudest 40 ms, dBFS, however short and wherever it was."""
        first = self.received
        await asyncio.sleep(seconds)
        frames = self.pcm[max(0, len(self.pcm) - (self.received - first)):]
        pieces = [np.concatenate(frames[place:place + 2]) for place in range(len(frames) - 1)]
        return max((tone_level(piece, frequency, self.codec.rate) for piece in pieces), default=-180.0)

    def close(self):
        for t in self.tasks:
            t.cancel()
        self.sock.close()
