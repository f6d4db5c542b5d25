"""Phones on TLS and WebSockets: nobody can connect to them, so all goes over the connection that they opened."""
import asyncio
import contextlib
import uuid

from .sip_message import Framer, Message
from .sip_phone import Phone
from .web_socket import TEXT, WebSocket


class TLSPhone(Phone):
    """`tls` is an SSL context; `name_checked` is whom the server must be."""

    def __init__(self, name, tls, server=('127.0.0.1', 5061), **kw):
        super().__init__(name, server=server, transport='tls', **kw)
        self.tls = tls

    async def start(self):
        self.reader, self.writer = await asyncio.open_connection(*self.server, ssl=self.tls)
        self.port = self.writer.get_extra_info('sockname')[1]
        self.tasks.append(asyncio.ensure_future(self._serve(self.reader, self.writer)))
        return self

    async def stop(self):
        for call in list(self.calls.values()):
            if not call.ended.is_set() and call.established:
                await call.hang_up()
            call.close()
        for t in self.tasks:
            t.cancel()
        self.writer.close()

    @property
    def contact(self):
        return '<%s;transport=tls>' % self.uri


class TLSServerPhone(Phone):
    """Waits for connections, as a PBX does; `tls` is an SSL context with its certificate. `keep` are the seconds in
    which it wants keep-alives; it answers them until it is told to be `deaf`."""

    def __init__(self, name, tls, keep=None, **kw):
        super().__init__(name, transport='tls', **kw)
        self.tls, self.keep, self.connections, self.pings, self.deaf = tls, keep, 0, 0, False
        self.closed = asyncio.Event()

    async def start(self):
        self.listener = await asyncio.start_server(self._accept, self.ip, self.port, ssl=self.tls)
        self.port = self.listener.sockets[0].getsockname()[1]
        return self

    async def _accept(self, reader, writer):
        self.connections += 1
        self.writer = writer
        framer = Framer()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if data == b'\r\n\r\n':
                    self.pings += 1
                    if not self.deaf:
                        writer.write(b'\r\n')
                for m in framer.feed(data):
                    self.received(Message.parse(m), lambda r: writer.write(r.encode()))
        self.closed.set()

    def respond(self, m, *arguments, **kw):
        if self.keep and ';keep=' not in m.get('Via'):
            m.headers = [(n, v.replace(';keep', ';keep=%d' % self.keep)) for n, v in m.headers]
        return super().respond(m, *arguments, **kw)

    async def stop(self):
        for call in list(self.calls.values()):
            if not call.ended.is_set() and call.established:
                await call.hang_up()
            call.close()
        self.listener.close()
        if self.writer:
            self.writer.close()

    @property
    def contact(self):
        return '<%s;transport=tls>' % self.uri


class EitherPhone(Phone):
    """Speaks UDP and listens on TCP at the same port, as RFC 3261 section 18.1.1 takes for granted."""

    async def start(self):
        await super().start()
        self.by_tcp = []
        self.tcp = await asyncio.start_server(self._accept, self.ip, self.port)
        return self

    async def _accept(self, reader, writer):
        framer = Framer()
        while data := await reader.read(65536):
            for m in framer.feed(data):
                message = Message.parse(m)
                self.by_tcp.append(message)
                self.received(message, lambda r: writer.write(r.encode()))

    async def stop(self):
        self.tcp.close()
        await super().stop()


class WebSocketPhone(Phone):
    """As a browser: its own address is nobody's business, so Via and Contact have a name that is none."""

    def __init__(self, name, server=('127.0.0.1', 5066), tls=None, origin=None, **kw):
        super().__init__(name, server=server, transport='wss' if tls else 'ws', **kw)
        self.tls, self.origin = tls, origin
        self.host, self.port = uuid.uuid4().hex[:12] + '.invalid', None

    async def start(self):
        self.socket = WebSocket(self._frame)
        self.socket.writer = None
        status = await self.socket.connect(*self.server, tls=self.tls, origin=self.origin)
        assert status == 101, self.socket.head
        self.writer = self.socket
        return self

    def _frame(self, data):
        if data != b'\r\n':
            self.received(Message.parse(data), self.send)

    def send(self, message):
        self.socket.frame(TEXT, message.encode())

    async def stop(self):
        for call in list(self.calls.values()):
            if not call.ended.is_set() and call.established and not self.socket.closed.is_set():
                await call.hang_up()
            call.close()
        self.socket.close()

    def via(self, branch=None):
        return 'SIP/2.0/%s %s;branch=%s' % (self.transport.upper(), self.host,
                                            branch or 'z9hG4bK' + uuid.uuid4().hex)

    @property
    def uri(self):
        return 'sip:%s@%s' % (self.name, self.host)

    @property
    def contact(self):
        return '<%s;transport=ws>' % self.uri
