"""Drives Debian's baresip headless: a sine as microphone, a WAV of what it hears, control over its ctrl_tcp module.

baresip 1.0 binds PORT, and PORT+1 for TLS; its sine is fixed at -6 dBFS; an incoming MESSAGE shows only in its trace.
"""
import asyncio
import contextlib
import ctypes
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

from .tones import analyse_pcm, read_wav

CONFIG = """poll_method epoll
sip_listen {ip}:{port}
call_local_timeout 120
call_max_calls 8
audio_path /usr/share/baresip
audio_player aubridge,nowhere
audio_source ausine,{tone}
audio_alert aubridge,nowhere
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 2
auplay_channels 2
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
rtp_tos 184
rtp_ports {rtp_first}-{rtp_last}
jitter_buffer_delay 1-5
rtp_stats yes
rtcp_mux {mux}
dns_server 127.0.0.1:53
module_path /usr/lib/baresip/modules
{modules}
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
module_app contact.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {dir}
opus_stereo yes
opus_sprop_stereo yes
opus_bitrate 64000
opus_application audio
"""
MODULES = ['opus', 'g711', 'g722', 'auconv', 'auresamp', 'aubridge', 'ausine', 'sndfile']


def die_with_parent(signal_number=signal.SIGTERM):
    ctypes.CDLL(None).prctl(1, signal_number)      # PR_SET_PDEATHSIG


class Baresip:
    SINE_LEVEL = -6.0           # in stereo; a mono codec gets about -7.3

    def __init__(self, name, port, tone, codec='opus/48000/2', ip='127.0.0.1', transport='', outbound='', friend='',
                 encryption='', ice=False, mux=False, account=''):
        self.name, self.port, self.ip = name, port, ip
        self.control = port + 3000
        self.dir = tempfile.mkdtemp(prefix='baresip-%s-' % name)
        rtp = 20000 + port % 1000 * 20
        host = '[%s]' % ip if ':' in ip else ip
        wanted = MODULES + {'srtp': ['srtp'], 'dtls': ['dtls_srtp']}.get(encryption[:4], []) + (['ice'] if ice else [])
        modules = '\n'.join('module %s.so' % m for m in wanted)
        with open(os.path.join(self.dir, 'config'), 'w') as f:
            f.write(CONFIG.format(ip=host, port=port, control=self.control, dir=self.dir, tone=tone, rtp_first=rtp,
                                  rtp_last=rtp + 19, modules=modules, mux='yes' if mux else 'no'))
        with open(os.path.join(self.dir, 'accounts'), 'w') as f:
            f.write(account + '\n' if account else '<sip:%s@%s:%d%s>;regint=0;answermode=manual;audio_codecs=%s%s%s%s\n' % (
                name, host, port, ';transport=' + transport if transport else '', codec,
                ';outbound="%s"' % outbound if outbound else '',
                ';mediaenc=' + encryption if encryption else '', ';medianat=ice' if ice else ''))
        with open(os.path.join(self.dir, 'contacts'), 'w') as f:
            f.write('"Friend" <%s>\n' % friend if friend else '')
        with open(os.path.join(self.dir, 'current_contact'), 'w') as f:
            f.write(friend)
        self.events, self.changed, self.tokens = [], asyncio.Condition(), 0
        self.process = None

    async def start(self):
        self.log = open(os.path.join(self.dir, 'log'), 'wb')
        self.process = await asyncio.create_subprocess_exec(
            'baresip', '-f', self.dir, '-s', '-6' if ':' in self.ip else '-4', stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, env=dict(os.environ, HOME=self.dir),
            preexec_fn=lambda: die_with_parent(signal.SIGKILL))
        for _ in range(100):
            try:
                self.reader, self.writer = await asyncio.open_connection('127.0.0.1', self.control)
                break
            except OSError:
                if self.process.returncode is not None:
                    raise RuntimeError('baresip exited: ' + self.trace()[-500:])
                await asyncio.sleep(0.1)
        else:
            raise RuntimeError('baresip does not listen on its control port')
        self.task = asyncio.ensure_future(self._read())
        return self

    async def _read(self):
        buffer = b''
        while data := await self.reader.read(65536):
            buffer += data
            while m := re.match(rb'(\d+):', buffer):
                end = m.end() + int(m[1])
                if len(buffer) <= end:
                    break
                self.events.append(json.loads(buffer[m.end():end]))
                buffer = buffer[end + 1:]
                async with self.changed:
                    self.changed.notify_all()

    async def command(self, command, params='', timeout=10):
        self.tokens += 1
        token = 't%d' % self.tokens
        b = json.dumps(dict(command=command, params=params, token=token)).encode()
        self.writer.write(b'%d:%s,' % (len(b), b))
        return await self.wait(lambda e: e.get('token') == token, timeout)

    async def wait(self, what, timeout=15):
        """The first event since the start that is of a type, or meets a predicate; None when the time is over."""
        meets = what if callable(what) else lambda e: e.get('event') and e.get('type') == what

        async def found():
            async with self.changed:
                while True:
                    for e in self.events:
                        if meets(e):
                            return e
                    await self.changed.wait()
        try:
            return await asyncio.wait_for(found(), timeout)
        except asyncio.TimeoutError:
            return None

    async def dial(self, uri):
        await self.command('dial', uri)

    async def call(self, uri):
        await self.dial(uri)
        assert await self.wait('CALL_ESTABLISHED'), 'baresip was not answered: %s' % self.types()

    def types(self):
        return [e['type'] for e in self.events if e.get('event')]

    async def hang_up(self):
        await self.command('hangup')

    async def write(self, text):
        """A MESSAGE to the friend: baresip knows no other way of its own."""
        answer = await self.command('message', text)
        assert answer and answer['ok'], answer

    async def heard(self, seconds):
        """Listens for so long, and reports the tones of that time."""
        await asyncio.sleep(seconds)
        files = sorted(glob.glob(os.path.join(self.dir, 'dump-*-dec.wav')), key=os.path.getmtime)
        if not files:
            return dict(peaks=[], secs=0, rms=-180.0)
        x, rate = read_wav(files[-1])
        return analyse_pcm(x[-int((seconds - 0.5) * rate):], rate)

    def taken(self):
        """How many bytes of sound it has heard."""
        return sum(map(os.path.getsize, glob.glob(os.path.join(self.dir, 'dump-*-dec.wav'))))

    def trace(self):
        """Everything it printed, SIP messages included."""
        self.log.flush()
        with open(os.path.join(self.dir, 'log'), 'rb') as f:
            return f.read().decode(errors='replace')

    async def read(self, text, timeout=10):
        """Waits until the text stands in the trace."""
        for _ in range(int(timeout * 10)):
            if text in self.trace():
                return True
            await asyncio.sleep(0.1)
        return False

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *_):
        await self.stop()

    async def stop(self):
        if self.process and self.process.returncode is None:
            with contextlib.suppress(Exception):
                await self.command('quit', timeout=2)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.process.wait(), 4)
            if self.process.returncode is None:
                self.process.kill()
                await self.process.wait()
            self.task.cancel()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)
