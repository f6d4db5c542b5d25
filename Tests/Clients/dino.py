#!/usr/bin/env python3
"""A real Dino calls the room: its window under Xvfb, its sound by PulseAudio, its button pressed.

    make clients

Alice has the room `demo` among her contacts. She presses the call button, speaks, and hears the tone of a SIP phone in the
room, which hears her speech; then she hangs up. Pictures of the window and Dino's own log are left in var/clients.

As root: it runs in namespaces of its own, where the test's certificate is trusted and nothing outside is reached.
"""
import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
sys.path.insert(0, os.path.join(TOP, 'Tests/EndToEnd'))

import numpy as np  # noqa: E402

from harness.baresip import die_with_parent  # noqa: E402
from harness.server import Stack, until  # noqa: E402
from harness.sip_phone import Phone  # noqa: E402
from harness.tones import analyse_pcm  # noqa: E402
from harness.xmpp_client import JingleClient, Options  # noqa: E402

FOLDER = os.path.join(TOP, 'var/clients')
HOME, RUN = os.path.join(FOLDER, 'home'), os.path.join(FOLDER, 'run')
DATABASE = os.path.join(HOME, '.local/share/dino/dino.db')
BUNDLE = '/etc/ssl/certs/ca-certificates.crt'
ALICE, ROOM = 'alice@localhost', 'demo@talk.localhost'
# Where Dino 0.4 has its call button, `Audio call` below it, and the button that hangs up, in a window of its first size.
CALL, AUDIO, HANG_UP = (978, 28), (978, 80), (421, 475)
PHONE_TONE = 500
# A tone would not do: Dino takes what does not change for noise.
SPEECH = [os.path.join(TOP, 'config/prompts/en', name + '.wav') for name in ('enter-pin', 'being-recorded', 'cannot-record')]


def apart():
    """Goes on in a mount and a network namespace, with one address that is not loopback: Dino takes no other."""
    if os.environ.get('CONFAB_APART'):
        return
    commands = ['ip link set lo up', 'ip link add here type veth peer name there', 'ip link set there up',
                'ip address add 10.9.9.9/24 dev here', 'ip link set here up', 'exec "$@"']
    os.execvpe('unshare', ['unshare', '-mn', 'bash', '-euc', '; '.join(commands), 'bash', sys.executable, *sys.argv],
               dict(os.environ, CONFAB_APART='yes'))


class Desktop:
    """Xvfb, PulseAudio with a microphone into which somebody speaks, D-Bus, and Dino in them."""

    def __init__(self):
        self.children = []
        self.environment = dict(
            os.environ, HOME=HOME, XDG_RUNTIME_DIR=RUN, XDG_DATA_HOME=os.path.join(HOME, '.local/share'), DISPLAY=':97',
            GDK_BACKEND='x11', GSK_RENDERER='cairo', LIBGL_ALWAYS_SOFTWARE='1', GIO_USE_NETWORK_MONITOR='base',
            G_MESSAGES_DEBUG='all')

    def launch(self, name, *command):
        with open(os.path.join(FOLDER, name + '.log'), 'wb') as out:
            self.children.append(subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out,
                                                  stderr=out, preexec_fn=die_with_parent))
        return self.children[-1]

    def run(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    async def start(self):
        self.launch('xvfb', 'Xvfb', ':97', '-screen', '0', '1280x800x24')
        self.launch('pulse', 'pulseaudio', '--daemonize=no', '--exit-idle-time=-1', '-n',
                    '--load=module-native-protocol-unix', '--load=module-null-sink sink_name=heard',
                    '--load=module-null-sink sink_name=mouth',
                    '--load=module-remap-source master=mouth.monitor source_name=voice')
        await until(lambda: self.run('pactl', 'info').returncode == 0, 20, 'PulseAudio does not answer')
        await until(lambda: self.run('xdotool', 'getdisplaygeometry').returncode == 0, 20, 'Xvfb does not answer')

    def speak(self):
        self.launch('speech', 'bash', '-c', 'while true; do for f in "$@"; do paplay -d mouth "$f"; done; done', 'bash', *SPEECH)

    def dino(self):
        return self.launch('dino', 'dbus-run-session', '--', 'dino-im', '--print-xmpp=all')

    def said(self):
        with open(os.path.join(FOLDER, 'dino.log'), errors='replace') as log:
            return log.read()

    async def press(self, place):
        self.run('xdotool', 'mousemove', *map(str, place), 'click', '1')
        await asyncio.sleep(1.5)

    def picture(self, name):
        self.run('import', '-window', 'root', os.path.join(FOLDER, name + '.png'))

    def heard(self, seconds):
        """What came out of the loudspeaker."""
        recorded = subprocess.run(
            ['timeout', str(seconds), 'parec', '-d', 'heard.monitor', '--rate=48000', '--channels=1', '--format=s16le'],
            env=self.environment, capture_output=True).stdout
        return analyse_pcm(np.frombuffer(recorded[:len(recorded) // 2 * 2], '<i2') / 32768, 48000)

    def stop(self):
        for child in reversed(self.children):
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5)
            child.kill()


async def has_contact():
    """The room is Alice's contact, as it is for a user who has added it."""
    alice = JingleClient(ALICE, 'demo', Options(ca=os.path.join(FOLDER, 'stack/localhost.crt')))
    alice.connect('127.0.0.1', 5222)
    await asyncio.wait_for(alice.up.wait(), 20)
    alice.send_presence(pto=ROOM, ptype='subscribe')
    await until(lambda: alice.client_roster[ROOM]['subscription'] == 'both', 20, 'the room does not subscribe back')
    alice.disconnect()
    await asyncio.sleep(0.5)


def has_account():
    with sqlite3.connect(DATABASE) as database:
        database.execute("INSERT INTO account (id, bare_jid, resourcepart, password, alias, enabled) "
                         "VALUES (1, ?, 'dino', 'demo', '', 1)", (ALICE,))
        database.execute('INSERT INTO jid (id, bare_jid) VALUES (100, ?)', (ROOM,))
        database.execute('INSERT INTO conversation (account_id, jid_id, active, active_last_changed, last_active, type, '
                         'encryption, read_up_to_item, notification, send_typing, send_marker) '
                         'VALUES (1, 100, 1, ?, ?, 0, 0, -1, 0, 0, 0)', (int(time.time()),) * 2)


async def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    for folder in (HOME, RUN):
        os.makedirs(folder, mode=0o700)
    stack, desktop = Stack('../clients/stack'), Desktop()
    try:
        await stack.start()
        bundle = os.path.join(FOLDER, 'authorities.crt')
        with open(bundle, 'wb') as out:
            for path in (BUNDLE, stack.prosody.certificate):
                with open(path, 'rb') as f:
                    out.write(f.read())
        subprocess.run(['mount', '--bind', bundle, BUNDLE], check=True)
        await desktop.start()
        # The first start makes the database.
        first = desktop.dino()
        await until(lambda: os.path.exists(DATABASE), 30, 'Dino does not start')
        await asyncio.sleep(2)
        first.terminate()
        await asyncio.to_thread(first.wait, 10)
        has_account()
        await has_contact()
        async with Phone('phone') as phone:
            call = await phone.call('sip:demo@127.0.0.1', codec='G722', tone=PHONE_TONE)
            running = desktop.dino()
            # Without a name server it takes Dino a while to find out that there are no SRV records.
            await until(lambda: ROOM + '/focus' in desktop.said(), 60, 'Dino does not see the room')
            await asyncio.sleep(3)
            await desktop.press(CALL)
            await desktop.press(AUDIO)
            await until(lambda: 'session-accept' in desktop.said(), 30, 'the room was not called')
            desktop.speak()
            await asyncio.sleep(4)
            desktop.picture('in-the-call')
            assert running.poll() is None, 'Dino has ended'
            heard = await asyncio.to_thread(desktop.heard, 3)
            loudest = max(heard['peaks'], key=lambda peak: peak[1], default=[0, -180])
            print('Dino hears %.0f Hz at %.1f dBFS' % tuple(loudest))
            assert abs(loudest[0] - PHONE_TONE) < 5 and loudest[1] > -45, heard
            heard = await call.rtp.heard(6)
            print('the phone hears %.1f s of 6 at %.1f dBFS, %d ms of it silent'
                  % (heard['secs'], heard['rms'], heard['silent_ms']))
            assert heard['secs'] > 3 and heard['rms'] > -45, heard
            await desktop.press(HANG_UP)
            await until(lambda: 'alice leaves' in stack.confab.output(), 10, 'Dino does not hang up')
            desktop.picture('after-the-call')
            assert running.poll() is None, 'Dino has ended'
            print('Dino called the room, was heard and hung up.')
    finally:
        desktop.picture('last')
        desktop.stop()
        await stack.stop()


if __name__ == '__main__':
    apart()
    asyncio.run(main())
