"""An XEP-0114 server that does what no well-behaved XMPP server would: it sends bytes as they are given."""
import asyncio
import contextlib
import hashlib
import re
import uuid


class ComponentServer:
    def __init__(self, port, secret='demo'):
        self.port, self.secret = port, secret
        self.writers, self.received, self.connections = {}, {}, {}
        self.changed = asyncio.Condition()

    async def start(self):
        self.server = await asyncio.start_server(self._serve, '127.0.0.1', self.port)
        return self

    async def _serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = b''
            while not (opened := re.search(rb"<stream:stream[^>]*>", head)):
                head += await reader.readexactly(1)
            domain = re.search(rb"to=['\"]([^'\"]*)", opened[0])[1].decode()
            stream = uuid.uuid4().hex
            writer.write(("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream="
                          "'http://etherx.jabber.org/streams' from='%s' id='%s'>" % (domain, stream)).encode())
            shake = b''
            while not (shaken := re.search(rb'<handshake[^>]*>\s*([0-9a-f]+)\s*</handshake>', shake)):
                shake += await reader.readexactly(1)
            assert shaken[1].decode() == hashlib.sha1((stream + self.secret).encode()).hexdigest()
            writer.write(b'<handshake/>')
            self.writers[domain], self.received[domain] = writer, ''
            self.connections[domain] = self.connections.get(domain, 0) + 1
            await self._tell()
            while data := await reader.read(65536):
                self.received[domain] += data.decode(errors='replace')
                await self._tell()
        writer.close()

    async def _tell(self):
        async with self.changed:
            self.changed.notify_all()

    async def until(self, what, timeout=20):
        async def holds():
            async with self.changed:
                while not (value := what()):
                    await self.changed.wait()
                return value
        try:
            return await asyncio.wait_for(holds(), timeout)
        except asyncio.TimeoutError:
            return None

    async def send(self, domain, data):
        self.writers[domain].write(data)
        with contextlib.suppress(ConnectionError):
            await self.writers[domain].drain()

    async def answers(self, domain, jid=None):
        """Whether the component answers disco#info."""
        request = uuid.uuid4().hex
        await self.send(domain, ("<iq type='get' id='%s' from='alice@localhost/x' to='%s'><query xmlns="
                                 "'http://jabber.org/protocol/disco#info'/></iq>" % (request, jid or domain)).encode())
        return await self.until(lambda: request in self.received[domain])

    async def stop(self):
        self.server.close()
        for w in self.writers.values():
            w.close()
