"""Audio for aiortc: a tone to send, and a meter for what comes in."""
import asyncio
import contextlib
import fractions
import time

import aioice.ice
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from .tones import analyse_pcm


def set_ice_hosts(hosts):
    """Gather exactly these host addresses (aioice by itself leaves out loopback)."""
    if hosts:
        aioice.ice.get_host_addresses = lambda use_ipv4=True, use_ipv6=True: [
            h for h in hosts if (use_ipv6 if ':' in h else use_ipv4)]


class ToneTrack(MediaStreamTrack):
    kind = 'audio'
    RATE, N = 48000, 960

    def __init__(self, spec='440', level=-12.0):
        super().__init__()
        self.muted = False
        self._pts = 0
        self._start = None
        self.set(spec, level)

    def set(self, spec, level=None):
        if level is not None:
            self.amp = 32767 * 10 ** (float(level) / 20)
        self.freqs = [] if spec == 'silence' else [float(f) for f in spec.split('+')]

    def _samples(self):
        n = np.arange(self._pts, self._pts + self.N)
        if self.muted:
            return np.zeros(self.N)
        x = np.zeros(self.N)
        for f in self.freqs:
            x += np.sin(2 * np.pi * f * n / self.RATE)
        x *= self.amp / max(1, len(self.freqs))
        return x

    async def recv(self):
        if self.readyState != 'live':
            raise MediaStreamError
        now = time.monotonic()
        if self._start is None:
            self._start = now
        wait = self._start + self._pts / self.RATE - now
        if wait > 0:
            await asyncio.sleep(wait)
        elif wait < -0.5:                      # far behind (busy machine): jump
            self._start -= wait
        x = np.clip(np.round(self._samples()), -32768, 32767).astype(np.int16)
        # stereo, as the mono->stereo step in front of the Opus encoder costs 3 dB
        f = AudioFrame.from_ndarray(np.repeat(x, 2).reshape(1, -1), format='s16', layout='stereo')
        f.sample_rate, f.pts, f.time_base = self.RATE, self._pts, fractions.Fraction(1, self.RATE)
        self._pts += self.N
        return f


class ToneMeter:
    """Consumes a received audio track and keeps the last seconds of it."""

    def __init__(self, keep=60.0):
        self.keep, self.rate, self.buf, self.have = keep, None, [], 0
        self.frames, self.gaps, self.first = 0, 0, None
        self.task, self._next = None, None

    def start(self, track):
        self.task = asyncio.ensure_future(self._run(track))

    async def _run(self, track):
        with contextlib.suppress(MediaStreamError, asyncio.CancelledError):
            while True:
                f = await track.recv()
                a = f.to_ndarray()
                ch = len(f.layout.channels)
                a = a.reshape(-1, ch) if a.shape[0] == 1 else a.T
                a = a.mean(1) / 32768.0
                if self.first is None:
                    self.first = time.monotonic()
                if f.sample_rate != self.rate:
                    self.rate, self.buf, self.have, self._next = f.sample_rate, [], 0, None
                if f.pts is not None:
                    if self._next is not None and f.pts != self._next:
                        self.gaps += 1
                    self._next = f.pts + len(a)
                self.frames += 1
                self.buf.append(a)
                self.have += len(a)
                while self.have - len(self.buf[0]) > self.keep * self.rate:
                    self.have -= len(self.buf.pop(0))

    def pcm(self, secs):
        if not self.rate or not self.buf:
            return np.zeros(0)
        x = np.concatenate(self.buf)
        return x[-int(secs * self.rate):]

    def analyse(self, secs, **kw):
        r = analyse_pcm(self.pcm(secs), self.rate or 0, **kw)
        r.update(frames=self.frames, gaps=self.gaps)
        return r
