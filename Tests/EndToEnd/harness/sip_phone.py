"""A SIP user agent for what softphones do not let one do: any method, any body, any order, over UDP or TCP."""
import asyncio
import contextlib
import socket
import uuid

from .rtp import CODECS, RTPStream
from .sip_message import Framer, Message, address, parameter

ALLOW = 'INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, NOTIFY'


NAMES = {'PCMU': '0 PCMU/8000', 'PCMA': '8 PCMA/8000', 'G722': '9 G722/8000'}


def sdp(ip, port, codecs=('PCMU',), direction='sendrecv', version=1):
    lines = ['v=0', 'o=- 1 %d IN %s %s' % (version, 'IP6' if ':' in ip else 'IP4', ip), 's=-',
             'c=IN %s %s' % ('IP6' if ':' in ip else 'IP4', ip), 't=0 0',
             'm=audio %d RTP/AVP %s' % (port, ' '.join(str(CODECS[c][0]) for c in codecs))]
    lines += ['a=rtpmap:' + NAMES[c] for c in codecs] + ['a=ptime:20', 'a=' + direction]
    return '\r\n'.join(lines) + '\r\n'


def media_address(body):
    """(ip, port, payload types, direction) of the first audio line."""
    ip, port, types, direction = None, 0, [], 'sendrecv'
    for line in body.replace('\r', '').split('\n'):
        if line.startswith('c='):
            ip = line.split()[2]
        elif line.startswith('m=audio'):
            parts = line.split()
            port, types = int(parts[1]), [int(t) for t in parts[3:]]
        elif line[2:] in ('sendrecv', 'sendonly', 'recvonly', 'inactive'):
            direction = line[2:]
    return ip, port, types, direction


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, phone):
        self.phone = phone

    def datagram_received(self, data, source):
        with contextlib.suppress(ValueError, IndexError):
            self.phone.received(Message.parse(data), lambda m: self.phone.udp.sendto(m.encode(), source))


class Phone:
    """`server` is where every request goes first, whatever its URI says."""

    def __init__(self, name, display=None, ip='127.0.0.1', port=0, server=('127.0.0.1', 5060), transport='udp',
                 allow=ALLOW, accept=None, identity=None, listens=False):
        self.name, self.display, self.ip, self.port, self.server = name, display, ip, port, server
        self.transport, self.allow, self.accept, self.identity = transport, allow, accept, identity
        self.host = '[%s]' % ip if ':' in ip else ip
        self.pending, self.answered, self.calls = {}, {}, {}
        self.incoming, self.messages, self.notifies = asyncio.Queue(), [], []
        self.changed = asyncio.Condition()
        self.writer, self.tasks, self.subscriptions = None, [], {}
        # On UDP, and on TCP for who comes by it.
        self.listens, self.listener, self.streamed = listens, None, []

    async def start(self):
        loop = asyncio.get_running_loop()
        await self._open(loop)
        # Two hundred documents at once are more than the usual buffer holds.
        self.udp.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        if self.transport == 'tcp':
            reader, self.writer = await asyncio.open_connection(*self.server)
            self.tasks.append(asyncio.ensure_future(self._serve(reader, self.writer)))
        return self

    async def _open(self, loop):
        """A port for UDP and, where it listens, for TCP; another one where that has it only for UDP."""
        for attempt in range(20):
            self.udp, _ = await loop.create_datagram_endpoint(lambda: Datagrams(self), local_addr=(self.ip, self.port))
            port = self.udp.get_extra_info('sockname')[1]
            try:
                if self.listens or self.transport == 'tcp':
                    self.listener = await asyncio.start_server(self._serve, self.ip, port)
                break
            except OSError:
                self.udp.close()
                if self.port or attempt == 19:
                    raise
        self.port = port

    async def _serve(self, reader, writer):
        framer = Framer()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                for m in framer.feed(data):
                    self.streamed.append(m)
                    self.received(Message.parse(m), lambda r: writer.write(r.encode()))

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *_):
        await self.stop()

    async def stop(self):
        for call in list(self.calls.values()):
            if not call.ended.is_set() and call.established:
                await call.hang_up()
            call.close()
        for t in self.tasks:
            t.cancel()
        if self.writer:
            self.writer.close()
        if self.listener:
            self.listener.close()
        self.udp.close()

    @property
    def uri(self):
        return 'sip:%s@%s:%d' % (self.name, self.host, self.port)

    @property
    def contact(self):
        return '<%s%s>' % (self.uri, ';transport=tcp' if self.transport == 'tcp' else '')

    @property
    def from_header(self):
        return '%s<%s>' % ('"%s" ' % self.display if self.display else '', self.identity or self.uri)

    # -- out

    def send(self, message):
        if self.writer:
            self.writer.write(message.encode())
        else:
            self.udp.sendto(message.encode(), self.server)

    def via(self, branch=None):
        return 'SIP/2.0/%s %s:%d;branch=%s;rport' % (self.transport.upper(), self.host, self.port,
                                                     branch or 'z9hG4bK' + uuid.uuid4().hex)

    def request(self, method, uri, headers=(), body='', call_id=None, cseq=1, to=None, tag=None, branch=None):
        tag = tag or uuid.uuid4().hex[:10]
        given = {n.lower() for n, _ in headers}
        standard = [('Via', self.via(branch)), ('Max-Forwards', '70'), ('From', self.from_header + ';tag=' + tag),
                    ('To', to or '<%s>' % uri), ('Call-ID', call_id or uuid.uuid4().hex),
                    ('CSeq', '%d %s' % (cseq, method)), ('Contact', self.contact), ('Allow', self.allow)]
        if self.accept:
            standard.append(('Accept', self.accept))
        kept = [h for h in standard if h[0].lower() not in given]
        return Message('%s %s SIP/2.0' % (method, uri), kept + list(headers), body)

    async def transact(self, message, timeout=20, provisional=None):
        """Sends a request, repeats it over UDP until something comes, and gives the final response. INVITE gets its ACK
        from the caller when it is a 2xx, from here when it is not."""
        key = (message.branch, message.cseq[1])
        queue = self.pending[key] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        end, wait, silent = loop.time() + timeout, 0.5, True
        try:
            self.send(message)
            while True:
                left = end - loop.time()
                if left <= 0:
                    raise TimeoutError('no final response to ' + message.start)
                patience = min(wait, left) if silent and not self.writer else left
                try:
                    response = await asyncio.wait_for(queue.get(), patience)
                except asyncio.TimeoutError:
                    if silent and not self.writer:
                        self.send(message)
                        wait = min(wait * 2, 4)
                    continue
                silent = False
                if response.status < 200:
                    if provisional is not None:
                        provisional(response)
                    continue
                if message.method == 'INVITE' and response.status >= 300:
                    self.send(Message('ACK %s SIP/2.0' % message.uri, [
                        ('Via', message.get('Via')), ('Max-Forwards', '70'), ('From', message.get('From')),
                        ('To', response.get('To')), ('Call-ID', message.get('Call-ID')),
                        ('CSeq', '%d ACK' % message.cseq[0])]))
                return response
        finally:
            self.pending.pop(key, None)

    async def ask(self, method, uri, headers=(), body='', **kw):
        return await self.transact(self.request(method, uri, headers, body, **kw))

    async def say(self, uri, text, kind='text/plain', headers=()):
        """A MESSAGE outside any dialog. -> the response"""
        return await self.ask('MESSAGE', uri, [('Content-Type', kind)] + list(headers), text)

    async def options(self, uri):
        return await self.ask('OPTIONS', uri, [('Accept', 'application/sdp')])

    async def subscribe(self, uri, expires=600, call=None):
        """To the conference package, inside the call's dialog when one is given."""
        headers = [('Event', 'conference'), ('Expires', str(expires)), ('Accept', 'application/conference-info+xml')]
        if call:
            return await call.ask('SUBSCRIBE', headers)
        request = self.request('SUBSCRIBE', uri, headers)
        self.subscriptions[request.get('Call-ID')] = request
        return await self.transact(request)

    def invitation(self, uri, body, headers=()):
        typed = any(n.lower() == 'content-type' for n, _ in headers)
        kind = [('Content-Type', 'application/sdp')] if body and not typed else []
        return self.request('INVITE', uri, kind + list(headers), body)

    async def call(self, uri, codec='PCMU', tone=None, level=-12.0, delayed=False, timeout=30, expect=200, headers=(),
                   dress=lambda body: body):
        """Calls, and gives the call once it is answered, or the response when the answer is another than expected."""
        call = Call(self, RTPStream(codec, self.ip, tone, level), codec)
        request = self.invitation(uri, dress('' if delayed else sdp(self.ip, call.rtp.port, (codec,))), headers)
        call.begin(request)
        response = await self.transact(request, timeout, call.provisionals.append)
        assert response.status == expect, response
        if response.status >= 300:
            call.close()
            return response
        call.confirm(response)
        answer = sdp(self.ip, call.rtp.port, (codec,)) if delayed else ''
        call.acknowledge(answer)
        call.media(response.body)
        return call

    # -- in

    def received(self, m, reply):
        if m.is_response:
            queue = self.pending.get((m.branch, m.cseq[1]))
            if queue:
                queue.put_nowait(m)
            elif m.cseq[1] == 'INVITE' and m.status < 300:
                call = self.calls.get(m.get('Call-ID'))
                if call and call.last_ack:
                    self.send(call.last_ack)
            return
        key = (m.branch, m.method)
        if m.method != 'ACK' and key in self.answered:
            if self.answered[key]:
                reply(self.answered[key])
            return
        if m.method != 'ACK':
            self.answered[key] = None
        getattr(self, '_' + m.method.lower(), self._other)(m, reply)
        asyncio.ensure_future(self._tell())

    async def _tell(self):
        async with self.changed:
            self.changed.notify_all()

    async def until(self, what, timeout=10):
        """Waits until a condition on what came in holds, and gives its value; None when the time is over."""
        async def holds():
            async with self.changed:
                while not (value := what()):
                    await self.changed.wait()
                return value
        try:
            return await asyncio.wait_for(holds(), timeout)
        except asyncio.TimeoutError:
            return None

    def respond(self, m, reply, status, reason, headers=(), body='', tag=None):
        to = m.get('To')
        if not parameter(to, 'tag') and status > 100:
            to += ';tag=' + (tag or uuid.uuid4().hex[:10])
        response = Message('SIP/2.0 %d %s' % (status, reason), [('Via', v) for v in m.all('Via')] + [
            ('From', m.get('From')), ('To', to), ('Call-ID', m.get('Call-ID')), ('CSeq', m.get('CSeq')),
            ('Contact', self.contact), ('Allow', self.allow)] + [('Record-Route', r) for r in m.all('Record-Route')]
            + list(headers), body)
        self.answered[(m.branch, m.method)] = response
        reply(response)
        return response

    def _other(self, m, reply):
        self.respond(m, reply, 405, 'Method Not Allowed')

    def _options(self, m, reply):
        self.respond(m, reply, 200, 'OK')

    def _message(self, m, reply):
        self.messages.append(m)
        self.respond(m, reply, 200, 'OK')

    def _notify(self, m, reply):
        known = m.get('Call-ID') in self.calls or m.get('Call-ID') in self.subscriptions
        if known:
            self.notifies.append(m)
        self.respond(m, reply, 200 if known else 481, 'OK' if known else 'Subscription Does Not Exist')

    def _invite(self, m, reply):
        call = self.calls.get(m.get('Call-ID'))
        if call and parameter(m.get('To'), 'tag'):
            call.offers.append(m)
            self.respond(m, reply, 200, 'OK', [('Content-Type', 'application/sdp')],
                         sdp(self.ip, call.rtp.port, (call.codec,), call.wish, version=2))
            return
        self.respond(m, reply, 100, 'Trying')
        call = Call(self, None, None)
        call.receive(m, reply)
        self.incoming.put_nowait(call)

    def _update(self, m, reply):
        call = self.calls.get(m.get('Call-ID'))
        if call and 'UPDATE' in self.allow:
            call.updates.append(m)
            self.respond(m, reply, 200, 'OK', [('Session-Expires', m.get('Session-Expires'))])
        else:
            self.respond(m, reply, 405, 'Method Not Allowed')

    def _ack(self, m, reply):
        call = self.calls.get(m.get('Call-ID'))
        if call:
            call.acknowledged.set()

    def _bye(self, m, reply):
        call = self.calls.get(m.get('Call-ID'))
        self.respond(m, reply, 200 if call else 481, 'OK' if call else 'Call Does Not Exist')
        if call:
            call.ended.set()

    def _cancel(self, m, reply):
        call = self.calls.get(m.get('Call-ID'))
        self.respond(m, reply, 200 if call else 481, 'OK' if call else 'Call Does Not Exist')
        if call and not call.established:
            call.reject(487, 'Request Terminated')


class Call:
    """One INVITE dialog of a phone, either way."""

    def __init__(self, phone, rtp, codec):
        self.phone, self.rtp, self.codec = phone, rtp, codec
        self.provisionals, self.offers, self.updates = [], [], []
        self.ended, self.acknowledged = asyncio.Event(), asyncio.Event()
        self.established, self.response, self.last_ack, self.cseq = False, None, None, 1
        self.wish = 'sendrecv'

    # -- placed by us

    def begin(self, request):
        self.invite, self.call_id = request, request.get('Call-ID')
        self.local, self.remote = request.get('From'), request.get('To')
        self.phone.calls[self.call_id] = self

    def confirm(self, response):
        self.response, self.remote, self.established = response, response.get('To'), True
        self.target = address(response.get('Contact'))
        self.route = list(reversed(response.all('Record-Route')))

    def acknowledge(self, body=''):
        self.last_ack = self._in_dialog('ACK', [('Content-Type', 'application/sdp')] if body else [], body, self.cseq)
        self.phone.send(self.last_ack)

    async def cancel(self):
        """Before the answer. -> the response to the CANCEL"""
        m = self.invite
        return await self.phone.transact(Message('CANCEL %s SIP/2.0' % m.uri, [
            ('Via', m.get('Via')), ('Max-Forwards', '70'), ('From', m.get('From')), ('To', m.get('To')),
            ('Call-ID', self.call_id), ('CSeq', '%d CANCEL' % m.cseq[0])]))

    # -- placed by the peer

    def receive(self, m, reply):
        self.invite, self.reply, self.call_id = m, reply, m.get('Call-ID')
        self.tag = uuid.uuid4().hex[:10]
        self.local, self.remote = m.get('To') + ';tag=' + self.tag, m.get('From')
        self.target, self.route = address(m.get('Contact')), m.all('Record-Route')
        self.phone.calls[self.call_id] = self

    def ring(self, headers=()):
        self.phone.respond(self.invite, self.reply, 180, 'Ringing', headers, tag=self.tag)

    def answer(self, codec='PCMU', tone=None, level=-12.0):
        self.codec, self.rtp = codec, RTPStream(codec, self.phone.ip, tone, level)
        self.phone.respond(self.invite, self.reply, 200, 'OK', [('Content-Type', 'application/sdp')],
                           sdp(self.phone.ip, self.rtp.port, (codec,)), tag=self.tag)
        self.established = True
        self.media(self.invite.body)

    def reject(self, status, reason):
        self.phone.respond(self.invite, self.reply, status, reason, tag=self.tag)
        self.ended.set()

    # -- either

    def media(self, body):
        ip, port, self.types, self.direction = media_address(body)
        self.rtp.remote = (ip, port)

    def _in_dialog(self, method, headers=(), body='', cseq=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        routes = [('Route', r) for r in self.route]
        return Message('%s %s SIP/2.0' % (method, self.target), [
            ('Via', self.phone.via()), ('Max-Forwards', '70'), ('From', self.local), ('To', self.remote),
            ('Call-ID', self.call_id), ('CSeq', '%d %s' % (cseq, method)), ('Contact', self.phone.contact),
            ('Allow', self.phone.allow)] + routes + list(headers), body)

    async def ask(self, method, headers=(), body=''):
        return await self.phone.transact(self._in_dialog(method, headers, body))

    async def say(self, text, kind='text/plain', headers=()):
        return await self.ask('MESSAGE', [('Content-Type', kind)] + list(headers), text)

    async def offer(self, direction):
        """A re-INVITE with another direction. -> the direction of the answer"""
        self.wish = direction
        response = await self.ask('INVITE', [('Content-Type', 'application/sdp')],
                                  sdp(self.phone.ip, self.rtp.port, (self.codec,), direction, version=self.cseq + 1))
        assert response.status == 200, response
        self.acknowledge()
        return media_address(response.body)[3]

    async def hang_up(self):
        self.ended.set()
        with contextlib.suppress(TimeoutError):
            return await self.ask('BYE')

    def close(self):
        if self.rtp:
            self.rtp.close()

    async def heard(self, seconds):
        return await self.rtp.heard(seconds)

    async def bursts(self, seconds, *frequencies):
        return await asyncio.gather(*(self.rtp.burst(seconds, frequency) for frequency in frequencies))
