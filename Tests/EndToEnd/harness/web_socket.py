"""A WebSocket client (RFC 6455) that can also misbehave."""
import asyncio
import base64
import contextlib
import hashlib
import os
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class WebSocket:
    """Data frames go to `received`, which is called with their bytes."""

    def __init__(self, received=lambda data: None):
        self.received, self.pongs, self.pings, self.closed, self.code = received, [], [], asyncio.Event(), None

    async def connect(self, host, port, protocol='sip', tls=None, origin=None):
        """-> the status of the answer; 101 when the socket is up"""
        self.reader, self.writer = await asyncio.open_connection(host, port, ssl=tls)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ['GET / HTTP/1.1', 'Host: %s:%d' % ('[%s]' % host if ':' in host else host, port),
                 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Key: ' + key, 'Sec-WebSocket-Version: 13']
        lines += ['Sec-WebSocket-Protocol: ' + protocol] if protocol else []
        lines += ['Origin: ' + origin] if origin else []
        self.writer.write('\r\n'.join(lines + ['', '']).encode())
        self.head = (await self.reader.readuntil(b'\r\n\r\n')).decode()
        status = int(self.head.split(' ', 2)[1])
        if status == 101:
            accept = base64.b64encode(hashlib.sha1((key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').encode()).digest())
            assert accept.decode() in self.head
            assert 'sec-websocket-protocol: sip' in self.head.lower()
            self.task = asyncio.ensure_future(self._read())
        return status

    async def _read(self):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                first, second = await self.reader.readexactly(2)
                length = second & 127
                if length == 126:
                    length, = struct.unpack('!H', await self.reader.readexactly(2))
                elif length == 127:
                    length, = struct.unpack('!Q', await self.reader.readexactly(8))
                assert not second & 128, 'a server masks nothing'
                data = await self.reader.readexactly(length)
                opcode = first & 15
                if opcode in (TEXT, BINARY):
                    assert first & 128, 'a message in fragments'
                    self.received(data)
                elif opcode == PING:
                    self.pings.append(data)
                    self.frame(PONG, data)
                elif opcode == PONG:
                    self.pongs.append(data)
                elif opcode == CLOSE:
                    self.code = struct.unpack('!H', data[:2])[0] if len(data) >= 2 else None
        self.closed.set()

    def frame(self, opcode, data, fin=True, masked=True):
        mask = os.urandom(4)
        size = len(data)
        head = bytes([(128 if fin else 0) | opcode])
        flag = 128 if masked else 0
        if size < 126:
            head += bytes([flag | size])
        elif size < 65536:
            head += bytes([flag | 126]) + struct.pack('!H', size)
        else:
            head += bytes([flag | 127]) + struct.pack('!Q', size)
        if masked:
            data = mask + bytes(b ^ mask[i & 3] for i, b in enumerate(data))
        self.writer.write(head + data)

    def close(self):
        self.writer.close()
