"""Group calls of clients as Dino makes them: a MUC of their own (XEP-0272), invitations (XEP-0482), everybody calls everybody."""
import asyncio
import uuid
import xml.etree.ElementTree as ET

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from .jingle_call import Call
from .jingle_sdp import NS, q
from .muc import configure, muc, with_plugins

SERVICE = 'conference.localhost'
NS.update(muji='urn:xmpp:jingle:muji:0', invites='urn:xmpp:call-invites:0', legacy='urn:xmpp:call-message:1')
# What Prosody has beside what the demo has.
PROSODY = 'Component "%s" "muc"\n' % SERVICE
# aiortc's numbers.
PAYLOADS = [('96', 'opus', '48000', '2'), ('0', 'PCMU', '8000', None), ('8', 'PCMA', '8000', None)]


def prosody_include(path):
    """The environment of a Prosody with a MUC service; what is included stands before all hosts, so that another follows."""
    with open(path, 'w') as out:
        out.write(PROSODY)
    return {'PROSODY_INCLUDE': path}


class GroupedCall(Call):
    """A call of a group: its session-initiate says of which."""

    def __init__(self, client, sid, peer, room):
        super().__init__(client, sid, peer, True)
        self.room = room

    async def send_jingle(self, j, to=None, timeout=10):
        if j.get('action') == 'session-initiate':
            j.append(ET.Element(q('muji', 'muji'), room=self.room))
        return await super().send_jingle(j, to, timeout)


class GroupCall:
    """One client in a group call. Who is there when it comes is called, who comes later calls."""

    def __init__(self, client, room, nick):
        self.client, self.room, self.nick = client, room, nick
        self.there = {}               # nick: (real JID, the <muji/> element)
        self.inside, self.calls = False, {}
        client.auto = 'on'
        self.handler = 'muji-' + uuid.uuid4().hex
        client.register_handler(Callback(self.handler, MatchXPath('{jabber:client}presence'), self._presence))

    @property
    def others(self):
        return {n: x for n, x in self.there.items() if n != self.nick}

    def _presence(self, p):
        if p['from'].bare != self.room:
            return
        nick, item = p['from'].resource, p.xml.find('%s/%s' % (q('mucuser', 'x'), q('mucuser', 'item')))
        part = p.xml.find(q('muji', 'muji'))
        if p.xml.get('type') == 'unavailable' or part is None:
            self.there.pop(nick, None)
        elif p.xml.get('type') is None:
            self.there[nick] = (item.get('jid') if item is not None else None, part)
            self.inside = self.inside or nick == self.nick

    def send(self, *children, kind=None):
        p = self.client.make_presence(pto='%s/%s' % (self.room, self.nick), ptype=kind)
        for child in children:
            p.append(child)
        p.send()

    async def until(self, what, timeout=15):
        end = asyncio.get_running_loop().time() + timeout
        while not what():
            assert asyncio.get_running_loop().time() < end, self.there
            await asyncio.sleep(0.05)

    async def join(self):
        x = ET.Element(q('muc', 'x'))
        ET.SubElement(x, q('muc', 'history'), maxstanzas='0')
        part = ET.Element(q('muji', 'muji'))
        ET.SubElement(part, q('muji', 'preparing'))
        self.send(x, part)
        await self.until(lambda: self.inside)
        await self.until(lambda: not any(part.find(q('muji', 'preparing')) is not None for _, part in
                                         self.others.values()))
        ready = dict(self.others)
        part = ET.Element(q('muji', 'muji'))
        content = ET.SubElement(part, q('jingle', 'content'), creator='initiator', name='audio')
        description = ET.SubElement(content, q('rtp', 'description'), media='audio')
        for number, name, rate, channels in PAYLOADS:
            e = ET.SubElement(description, q('rtp', 'payload-type'), id=number, name=name, clockrate=rate)
            if channels:
                e.set('channels', channels)
        self.send(part)
        await asyncio.gather(*(self.call(jid) for jid, _ in ready.values()))
        return self

    async def call(self, jid):
        c = GroupedCall(self.client, str(uuid.uuid4()), jid, self.room)
        self.client.calls[c.sid] = c
        await c.start(direct=True)
        await self.client.wait_connected(c, 30)

    def with_peer(self, bare):
        """The call that is up with somebody."""
        return next((c for c in self.client.calls.values() if c.peer.bare == bare and c.state == 'accepted'
                     and c.connected.is_set()), None)

    async def connected(self, bare, timeout=30):
        await self.until(lambda: self.with_peer(bare), timeout)
        return self.with_peer(bare)

    async def leave(self):
        self.send(kind='unavailable')
        for c in list(self.client.calls.values()):
            await c.terminate()

    def payloads(self, nick):
        """What somebody said that its audio is: {number: name}."""
        return {e.get('id'): e.get('name') for e in self.there[nick][1].iter(q('rtp', 'payload-type'))}


async def make_room(client, name, nick, *invited):
    """A MUC as Dino makes one: for members, not anonymous, and who is invited owns it."""
    with_plugins(client)
    room = '%s@%s' % (name, SERVICE)
    await muc(client).join_muc_wait(room, nick, timeout=20)
    await configure(client, room, membersonly=True, whois='anyone')
    for jid in invited:
        await muc(client).set_affiliation(room, 'owner', jid=jid)
    return room


class Invitations:
    """Sends invitations, and keeps what is said about them."""

    def __init__(self, client):
        self.client, self.said = client, []
        client.register_handler(
            Callback('invites-' + uuid.uuid4().hex, MatchXPath('{jabber:client}message'), self._message))

    def _message(self, message):
        for ns in ('invites', 'legacy'):
            for e in message.xml:
                if e.tag.startswith('{%s}' % NS[ns]):
                    way = next((x.get('room') or x.get('sid') for x in e), None)
                    self.said.append((e.tag.rsplit('}')[-1], e.get('id'), way, str(message['from'])))

    def send(self, to, name, kind='chat', children=(), number=None):
        number = number or uuid.uuid4().hex
        m = self.client.make_message(mto=to, mtype=kind)
        m['id'] = uuid.uuid4().hex
        e = ET.Element(q('invites', name), id=number)
        if name == 'invite':
            e.set('video', 'false')
            e.set('multi', 'true')
        e.extend(children)
        m.append(e)
        m.append(ET.Element(q('hints', 'store')))
        m.send()
        return number

    def invite(self, to, room, kind='chat'):
        return self.send(to, 'invite', kind, [ET.Element(q('muji', 'muji'), room=room)])

    async def answer(self, number, timeout=15):
        end = asyncio.get_running_loop().time() + timeout
        while True:
            for said in self.said:
                if said[1] == number:
                    return said
            assert asyncio.get_running_loop().time() < end, self.said
            await asyncio.sleep(0.05)

