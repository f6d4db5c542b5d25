"""sipp with scenarios of ours, each written as the messages that come and go."""
import asyncio
import os
import subprocess
from xml.sax.saxutils import escape, quoteattr

from .server import holders, until

CONTACT = 'Contact: <sip:[local_ip]:[local_port]>'


def description(port, direction='sendrecv', version=1):
    return '\n'.join(['v=0', 'o=- 1 %d IN IP4 [local_ip]' % version, 's=-', 'c=IN IP4 [local_ip]', 't=0 0',
                      'm=audio %d RTP/AVP 0' % port, 'a=rtpmap:0 PCMU/8000', 'a=' + direction, ''])


def comes(what, *expectations, keeps=(), optional=False):
    """A request or a status that is to come. `expectations`: (header, pattern), or a pattern for all of it; `keeps`: (number,
    header, pattern), written as [$number] later."""
    kind = 'response' if str(what).isdigit() else 'request'
    actions, used = [], []
    for i, e in enumerate(expectations):
        header, pattern = e if isinstance(e, tuple) else (None, e)
        where = 'search_in="hdr" header=%s' % quoteattr(header + ':') if header else 'search_in="msg"'
        actions.append('<ereg regexp=%s %s check_it="true" assign_to="e%d"/>' % (quoteattr(pattern), where, i))
        used.append('e%d' % i)
    for number, header, pattern in keeps:
        actions.append('<ereg regexp=%s search_in="hdr" header=%s check_it="true" assign_to="%s"/>' % (
            quoteattr(pattern), quoteattr(header + ':'), number))
        used.append(str(number))
    return '<recv %s="%s"%s%s><action>%s</action></recv>%s' % (
        kind, what, ' optional="true"' if optional else '', ' rrs="true"' if kind == 'response' else '', ''.join(actions),
        '<Reference variables="%s"/>' % ','.join(used) if used else '')


def goes(start, *headers, body='', kind='application/sdp', again=False):
    """A message, by its start line and headers."""
    lines = [start, *headers] + (['Content-Type: ' + kind] if body else []) + ['Content-Length: [len]', '', body]
    return '<send%s><![CDATA[\n\n%s\n]]></send>' % (' retrans="500"' if again else '', '\n'.join(lines))


def pause(milliseconds):
    return '<pause milliseconds="%d"/>' % milliseconds


def reply(status='200 OK', *headers, body=''):
    """To what came last."""
    return goes('SIP/2.0 ' + status, '[last_Via:]', '[last_From:]', '[last_To:]', '[last_Call-ID:]', '[last_CSeq:]', CONTACT,
                *headers, body=body)


class Sipp:
    """One call; a callee, or with `to` a caller."""

    def __init__(self, directory, name, port, steps, to=None):
        self.directory, self.port, self.to = os.path.join(directory, 'sipp-' + name), port, to
        os.makedirs(self.directory, exist_ok=True)
        self.path = os.path.join(self.directory, name + '.xml')
        with open(self.path, 'w') as f:
            f.write('<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="%s">\n%s\n</scenario>\n' % (
                escape(name), '\n'.join(steps)))

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            'sipp', *([self.to] if self.to else []), '-sf', self.path, '-i', '127.0.0.1', '-p', str(self.port), '-mp', '21000',
            '-m', '1', '-timeout', '40', '-nostdin', '-trace_err', '-trace_msg', cwd=self.directory,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if not self.to:
            await until(lambda: holders('udp', self.port), 10, 'sipp does not listen')
        return self

    async def done(self, timeout=30):
        """Waits until all of the scenario has happened as it is written."""
        output, _ = await asyncio.wait_for(self.process.communicate(), timeout)
        said = [open(os.path.join(self.directory, f), errors='replace').read() for f in sorted(os.listdir(self.directory))
                if f.endswith('.log')]
        assert self.process.returncode == 0, output.decode(errors='replace')[-1500:] + '\n'.join(said)[-12000:]

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
